#pragma once

#include <cuda_runtime_api.h>

// Kernels without a bug, with what a kernel may use: every sanitizer, seed and build must let them pass.

namespace kindling::cuda_on_cpu {

// y[i] += a * x[i]
void add_scaled(float a, const float* x, float* y, int n, cudaStream_t stream);

// sums[row] = sum of the row: shared memory, __syncthreads and shuffles; one block of 128 threads a row
void sum_rows(const float* x, float* sums, int rows, int columns, cudaStream_t stream);

// y[i] = x[n - 1 - i] within each block of `block` elements, through dynamic shared memory; n a multiple of block
void reverse_blocks(const float* x, float* y, int n, int block, cudaStream_t stream);

// counts[value] = how often it occurs; counts zeroed before; atomics
void histogram(const int* values, int* counts, int n, cudaStream_t stream);

// y[i] = x[i] + i in bf16, two at a time; n even
void add_index_bf16(const void* x, void* y, int n, cudaStream_t stream);

// votes[warp] = how many of the warp's 32 values are positive; exchanges through shared memory and __syncwarp
void count_positive(const float* x, int* votes, int warps, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
