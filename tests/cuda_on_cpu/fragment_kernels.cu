#include "tests/cuda_on_cpu/fragment_kernels.h"

#include "kernels/cuda/device_language.h"
#include "kernels/cuda/tensor_core.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr int kElements = kFragmentSide * kFragmentSide;

struct alignas(32) Matrices {
  bfloat16 x[4 * kElements];  // more than two matrices: wrong loads stay within
};
struct alignas(32) Sums {
  float y[kElements];
};

struct Options {
  bool sync_before_load = true;
  bool sync_after_store = true;
  int offset = 0;
  unsigned stride = kFragmentSide;
  int offset_of_upper_lanes = 0;
  int lanes = 32;
};

__global__ void multiply_kernel(Options options, const bfloat16* x, float* y) {
  KINDLING_SHARED(Matrices, matrices, 1);
  KINDLING_SHARED(Sums, sums, 1);
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 4 * kElements; i += 32) matrices[0].x[i] = x[i % (2 * kElements)];
  if (options.sync_before_load) __syncwarp();
  if (lane >= options.lanes) return;
  LeftFragment left;
  RightFragment right;
  SumFragment sum;
  left.load(matrices[0].x + options.offset + (lane < 16 ? 0 : options.offset_of_upper_lanes), options.stride);
  right.load(matrices[0].x + kElements, kFragmentSide);
  sum.add(left, right);
  sum.add(left, right);
  sum.store(sums[0].y, kFragmentSide);
  if (options.sync_after_store) __syncwarp();
  for (int i = 0; i < kElements / 32; ++i) y[32 * i + 31 - lane] = sums[0].y[32 * i + 31 - lane];
}

Options options_of(FragmentBug bug) {
  switch (bug) {
    case FragmentBug::kNoSyncBeforeLoad:
      return {.sync_before_load = false};
    case FragmentBug::kNoSyncAfterStore:
      return {.sync_after_store = false};
    case FragmentBug::kMisaligned:
      return {.offset = 8};
    case FragmentBug::kStride:
      return {.stride = 20};
    case FragmentBug::kLanesDisagree:
      return {.offset_of_upper_lanes = kElements};
    case FragmentBug::kLanesAreMissing:
      return {.lanes = 16};
  }
  return {};
}

}  // namespace

void multiply_fragments(const bfloat16* x, float* y, cudaStream_t stream) {
  launch(multiply_kernel, 1, 32, 0, stream, Options{}, x, y);
}

void multiply_fragments_wrongly(FragmentBug bug, const bfloat16* x, float* y, cudaStream_t stream) {
  launch(multiply_kernel, 1, 32, 0, stream, options_of(bug), x, y);
}

}  // namespace kindling::cuda_on_cpu
