#include "kernels/cuda/widen.h"

#include "kernels/cuda/device_language.h"
#include "kernels/cuda/grid.h"

namespace kindling {
namespace {

__global__ void widen_kernel(const bfloat16* from, float* to, unsigned elements) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i < elements) to[i] = static_cast<float>(from[i]);
}

}  // namespace

// A filter's gradient is small (4.7 MB at most in ResNet-18): one element a thread is enough.
void widen(const bfloat16* from, float* to, std::int64_t elements, cudaStream_t stream) {
  launch(widen_kernel, grid_for(elements), dim3(kBlockThreads), 0, stream, from, to, static_cast<unsigned>(elements));
}

}  // namespace kindling
