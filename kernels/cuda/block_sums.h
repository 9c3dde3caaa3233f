#pragma once

#include "kernels/cuda/grid.h"

namespace kindling {

// Sums each of kCount values over the block's threads of equal threadIdx.x: afterwards those with threadIdx.y = 0 hold
// the sums. A tree of fixed shape, so always the same bits. blockDim.y is a power of two; `shared` has room for kCount
// values of every thread, and all threads of the block must call.
template <int kCount>
__device__ void sum_over_rows_of_block(double (&values)[kCount], double* shared) {
  const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y >= half && threadIdx.y < 2 * half) {
      KINDLING_UNROLL
      for (int i = 0; i < kCount; ++i) shared[i * kBlockThreads + thread] = values[i];
    }
    __syncthreads();
    if (threadIdx.y < half) {
      KINDLING_UNROLL
      for (int i = 0; i < kCount; ++i) values[i] += shared[i * kBlockThreads + thread + half * blockDim.x];
    }
  }
}

}  // namespace kindling
