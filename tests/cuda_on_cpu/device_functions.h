#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

// Kernels that call what device_language.h provides, one function after the other, for device_functions_test.cc.

namespace kindling::cuda_on_cpu {

// The rows of `shuffles`, each of one value for every lane of a warp.
enum ShuffleRow : int {
  kFromLane3,     // __shfl_sync(lane, 3)
  kFromLane3Of8,  // the same in groups of 8
  kUp2,           // __shfl_up_sync
  kUp2Of8,
  kDown2,  // __shfl_down_sync
  kDown2Of8,
  kXor5,  // __shfl_xor_sync
  kXor16Of8,
  kUpperHalf,  // __shfl_sync among the lanes 16 to 31 alone; 0 in the others
  kShuffleRows
};
void shuffles(int* rows, cudaStream_t stream);

// out[0..5]: ballot, any, all of "lane < 3" in a warp (of lane 0); count, or, and of "thread < 40" in a block of 64
void votes(int* out, cudaStream_t stream);

// 4 blocks of 64 threads on out[0..6], first {0, 0, 100, 0, 0, -1, 5}: add 1, max and min of the global thread, or of
// 1 << thread % 8, inc up to 9, exchange (by thread 3 of block 0), cas of 5 to the thread (one wins)
void atomics(int* out, cudaStream_t stream);

// out[i] = x[i]'s place in its block of 2 x 3 x 4 threads, flattened, plus 100 times the block's in a grid of 2 x 1 x 3
void indices(int* out, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
