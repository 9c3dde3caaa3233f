#include "tests/cuda_on_cpu/device_functions.h"

#include "kernels/cuda/device_language.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr unsigned kAllLanes = 0xffffffffU;

__global__ void shuffles_kernel(int* rows) {
  const int lane = static_cast<int>(threadIdx.x);
  const auto row = [&](ShuffleRow which) -> int& { return rows[static_cast<int>(which) * 32 + lane]; };
  row(kFromLane3) = __shfl_sync(kAllLanes, lane, 3);
  row(kFromLane3Of8) = __shfl_sync(kAllLanes, lane, 3, 8);
  row(kUp2) = __shfl_up_sync(kAllLanes, lane, 2);
  row(kUp2Of8) = __shfl_up_sync(kAllLanes, lane, 2, 8);
  row(kDown2) = __shfl_down_sync(kAllLanes, lane, 2);
  row(kDown2Of8) = __shfl_down_sync(kAllLanes, lane, 2, 8);
  row(kXor5) = __shfl_xor_sync(kAllLanes, lane, 5);
  row(kXor16Of8) = __shfl_xor_sync(kAllLanes, lane, 16, 8);
  row(kUpperHalf) = lane < 16 ? 0 : __shfl_sync(0xffff0000U, lane, 17);
}

__global__ void votes_kernel(int* out) {
  const unsigned thread = threadIdx.x;
  const int few = thread % 32 < 3 ? 1 : 0;
  const unsigned ballot = __ballot_sync(kAllLanes, few);
  const int any = __any_sync(kAllLanes, few);
  const int all = __all_sync(kAllLanes, few);
  const int some = thread < 40 ? 1 : 0;
  const int count = __syncthreads_count(some);
  const int either = __syncthreads_or(some);
  const int both = __syncthreads_and(some);
  if (thread != 0) return;
  out[0] = static_cast<int>(ballot);
  out[1] = any;
  out[2] = all;
  out[3] = count;
  out[4] = either;
  out[5] = both;
}

__global__ void atomics_kernel(int* out) {
  const int thread = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&out[0], 1);
  atomicMax(&out[1], thread);
  atomicMin(&out[2], thread);
  atomicOr(&out[3], 1 << (thread % 8));
  atomicInc(reinterpret_cast<unsigned*>(&out[4]), 9);
  if (thread == 3) atomicExch(&out[5], 33);
  atomicCAS(&out[6], 5, thread + 1000);
}

__global__ void indices_kernel(int* out) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  out[block * threads + thread] = static_cast<int>(100 * block + thread);
}

}  // namespace

void shuffles(int* rows, cudaStream_t stream) {
  launch(shuffles_kernel, 1, 32, 0, stream, rows);
}

void votes(int* out, cudaStream_t stream) {
  launch(votes_kernel, 1, 64, 0, stream, out);
}

void atomics(int* out, cudaStream_t stream) {
  launch(atomics_kernel, 4, 64, 0, stream, out);
}

void indices(int* out, cudaStream_t stream) {
  launch(indices_kernel, dim3(2, 1, 3), dim3(2, 3, 4), 0, stream, out);
}

}  // namespace kindling::cuda_on_cpu
