#include "tests/cuda_on_cpu/planted_kernels.h"

#include "kernels/cuda/device_language.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr unsigned kAllLanes = 0xffffffffU;

__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

__global__ void write_past_end_kernel(float* y, int n) {
  const int i = thread();
  if (i <= n) y[i] = 1;
}

__global__ void write_past_shared_kernel(float* y) {
  KINDLING_SHARED(float, tile, 64);
  float* const next = tile + 1;  // a pointer: of the array itself UBSan knows the bounds
  next[thread()] = 1;
  __syncthreads();
  y[thread()] = tile[thread()];
}

__global__ void write_past_dynamic_shared_kernel(float* y) {
  KINDLING_DYNAMIC_SHARED(float, tile);
  tile[thread() + 1] = 1;
  __syncthreads();
  y[thread()] = tile[thread()];
}

__global__ void read_misaligned_kernel(const float* x, float* y) {
  const float4 four = *reinterpret_cast<const float4*>(x + 1);
  y[0] = four.x + four.y + four.z + four.w;
}

__global__ void read_uninitialised_shared_kernel(float* y) {
  KINDLING_SHARED(float, tile, 2);
  y[blockIdx.x] = tile[1];
  tile[1] = 1;
}

__global__ void reverse_without_barrier_kernel(const float* x, float* y, int n) {
  KINDLING_SHARED(float, tile, 1024);
  tile[thread()] = x[thread()];
  y[thread()] = tile[n - 1 - thread()];
}

__global__ void divergent_barrier_kernel(float* y) {
  if (thread() < 32) {
    __syncthreads();
    y[thread()] = 1;
  } else {
    __syncthreads();
    y[thread()] = 2;
  }
}

__global__ void leave_before_barrier_kernel(float* y) {
  if (thread() < 32) return;
  __syncthreads();
  y[thread()] = 1;
}

__global__ void shuffle_with_half_a_warp_kernel(float* y) {
  if (thread() < 16) y[thread()] = __shfl_xor_sync(kAllLanes, 1.0F, 1);
}

__global__ void mixed_warp_operations_kernel(float* y) {
  if (thread() < 16) {
    y[thread()] = __shfl_xor_sync(kAllLanes, 1.0F, 1);
  } else {
    __syncwarp();
  }
}

__global__ void shuffle_from_absent_lane_kernel(float* y) {
  if (thread() < 16) y[thread()] = __shfl_sync(0x0000ffffU, 1.0F, 20);
}

__global__ void swap_without_syncwarp_kernel(const float* x, float* y) {
  KINDLING_SHARED(float, tile, 32);
  tile[thread()] = x[thread()];
  y[thread()] = tile[thread() ^ 1];
}

__global__ void add_without_atomic_kernel(float* y) {
  y[0] += 1;
}

__global__ void read_beside_atomic_kernel(float* y) {
  if (thread() == 0) atomicAdd(&y[0], 1.0F);
  if (thread() > 0) y[thread()] = y[0];
}

__global__ void write_halves_of_words_kernel(__nv_bfloat16* y) {
  y[thread()] = __float2bfloat16(1);
}

__global__ void too_much_static_shared_kernel(float* y) {
  KINDLING_SHARED(float, first, 8 * 1024);
  KINDLING_SHARED(float, second, 5 * 1024);
  first[0] = second[0] = 1;
  y[0] = first[0] + second[0];
}

__global__ void call_host_function_kernel(float* y) {
  void* data = nullptr;
  y[0] = cudaMalloc(&data, 1) == cudaSuccess ? 1 : 0;
}

}  // namespace

void write_past_end(float* y, int n, cudaStream_t stream) {
  launch(write_past_end_kernel, 1, dim3(static_cast<unsigned>(n + 1)), 0, stream, y, n);
}

void write_past_shared(float* y, bool dynamic, cudaStream_t stream) {
  const std::size_t bytes = dynamic ? 64 * sizeof(float) : 0;
  launch(dynamic ? write_past_dynamic_shared_kernel : write_past_shared_kernel, 1, 64, bytes, stream, y);
}

void read_misaligned(const float* x, float* y, cudaStream_t stream) {
  launch(read_misaligned_kernel, 1, 1, 0, stream, x, y);
}

void read_uninitialised_shared(float* y, cudaStream_t stream) {
  launch(read_uninitialised_shared_kernel, 2, 1, 0, stream, y);
}

void reverse_without_barrier(const float* x, float* y, int n, cudaStream_t stream) {
  launch(reverse_without_barrier_kernel, 1, dim3(static_cast<unsigned>(n)), 0, stream, x, y, n);
}

void divergent_barrier(float* y, cudaStream_t stream) {
  launch(divergent_barrier_kernel, 1, 64, 0, stream, y);
}

void leave_before_barrier(float* y, cudaStream_t stream) {
  launch(leave_before_barrier_kernel, 1, 64, 0, stream, y);
}

void shuffle_with_half_a_warp(float* y, cudaStream_t stream) {
  launch(shuffle_with_half_a_warp_kernel, 1, 32, 0, stream, y);
}

void mixed_warp_operations(float* y, cudaStream_t stream) {
  launch(mixed_warp_operations_kernel, 1, 32, 0, stream, y);
}

void shuffle_from_absent_lane(float* y, cudaStream_t stream) {
  launch(shuffle_from_absent_lane_kernel, 1, 32, 0, stream, y);
}

void swap_without_syncwarp(const float* x, float* y, cudaStream_t stream) {
  launch(swap_without_syncwarp_kernel, 1, 32, 0, stream, x, y);
}

void add_without_atomic(float* y, cudaStream_t stream) {
  launch(add_without_atomic_kernel, 4, 1, 0, stream, y);
}

void read_beside_atomic(float* y, cudaStream_t stream) {
  launch(read_beside_atomic_kernel, 1, 64, 0, stream, y);
}

void write_halves_of_words(void* y, cudaStream_t stream) {
  launch(write_halves_of_words_kernel, 1, 64, 0, stream, static_cast<__nv_bfloat16*>(y));
}

void too_much_static_shared(float* y, cudaStream_t stream) {
  launch(too_much_static_shared_kernel, 1, 1, 0, stream, y);
}

void call_host_function(float* y, cudaStream_t stream) {
  launch(call_host_function_kernel, 1, 1, 0, stream, y);
}

}  // namespace kindling::cuda_on_cpu
