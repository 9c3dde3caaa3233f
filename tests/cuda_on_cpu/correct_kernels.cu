#include "tests/cuda_on_cpu/correct_kernels.h"

#include "kernels/cuda/device_language.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;
constexpr unsigned kAllLanes = 0xffffffffU;

__device__ int global_thread() {
  return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

unsigned blocks_for(int n) {
  return static_cast<unsigned>((n + kThreads - 1) / kThreads);
}

__global__ void add_scaled_kernel(float a, const float* x, float* y, int n) {
  const int i = global_thread();
  if (i < n) y[i] += a * x[i];
}

__device__ float sum_over_warp(float value) {
  KINDLING_UNROLL
  for (unsigned delta = 16; delta > 0; delta /= 2) value += __shfl_down_sync(kAllLanes, value, delta);
  return value;
}

__global__ void __launch_bounds__(kThreads) sum_rows_kernel(const float* x, float* sums, int columns) {
  KINDLING_SHARED(float, warp_sums, kWarps);
  const int thread = static_cast<int>(threadIdx.x);
  const float* row = x + static_cast<std::size_t>(blockIdx.x) * static_cast<std::size_t>(columns);
  float sum = 0;
  for (int column = thread; column < columns; column += kThreads) sum += row[column];
  sum = sum_over_warp(sum);
  if (thread % 32 == 0) warp_sums[thread / 32] = sum;
  __syncthreads();
  if (thread >= 32) return;
  sum = sum_over_warp(thread < kWarps ? warp_sums[thread] : 0);
  if (thread == 0) sums[blockIdx.x] = sum;
}

__global__ void reverse_blocks_kernel(const float* x, float* y) {
  KINDLING_DYNAMIC_SHARED(float, tile);
  const int i = global_thread();
  tile[threadIdx.x] = x[i];
  __syncthreads();
  y[i] = tile[blockDim.x - 1 - threadIdx.x];
}

__global__ void histogram_kernel(const int* values, int* counts, int n) {
  const int i = global_thread();
  if (i < n) atomicAdd(&counts[values[i]], 1);
}

__global__ void add_index_bf16_kernel(const __nv_bfloat162* x, __nv_bfloat162* y, int pairs) {
  const int i = global_thread();
  if (i >= pairs) return;
  const float2 pair = __bfloat1622float2(x[i]);
  const float first = static_cast<float>(2 * i);
  y[i] = __floats2bfloat162_rn(pair.x + first, pair.y + first + 1);
}

__global__ void count_positive_kernel(const float* x, int* votes) {
  KINDLING_SHARED(float, values, kThreads);
  const int thread = static_cast<int>(threadIdx.x);
  const int warp = static_cast<int>(blockIdx.x) * kWarps + thread / 32;
  values[thread] = x[warp * 32 + thread % 32];
  __syncwarp();
  const float neighbour = values[thread ^ 1];  // another lane's, so that the __syncwarp is needed
  const unsigned positive = __ballot_sync(kAllLanes, neighbour > 0 ? 1 : 0);
  if (thread % 32 == 0) votes[warp] = __popc(positive);
}

}  // namespace

void add_scaled(float a, const float* x, float* y, int n, cudaStream_t stream) {
  launch(add_scaled_kernel, dim3(blocks_for(n)), dim3(kThreads), 0, stream, a, x, y, n);
}

void sum_rows(const float* x, float* sums, int rows, int columns, cudaStream_t stream) {
  launch(sum_rows_kernel, dim3(static_cast<unsigned>(rows)), dim3(kThreads), 0, stream, x, sums, columns);
}

void reverse_blocks(const float* x, float* y, int n, int block, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(n / block));
  const auto bytes = static_cast<std::size_t>(block) * sizeof(float);
  launch(reverse_blocks_kernel, grid, dim3(static_cast<unsigned>(block)), bytes, stream, x, y);
}

void histogram(const int* values, int* counts, int n, cudaStream_t stream) {
  launch(histogram_kernel, dim3(blocks_for(n)), dim3(kThreads), 0, stream, values, counts, n);
}

void add_index_bf16(const void* x, void* y, int n, cudaStream_t stream) {
  launch(add_index_bf16_kernel, dim3(blocks_for(n / 2)), dim3(kThreads), 0, stream,
         static_cast<const __nv_bfloat162*>(x), static_cast<__nv_bfloat162*>(y), n / 2);
}

void count_positive(const float* x, int* votes, int warps, cudaStream_t stream) {
  launch(count_positive_kernel, dim3(static_cast<unsigned>(warps / kWarps)), dim3(kThreads), 0, stream, x, votes);
}

}  // namespace kindling::cuda_on_cpu
