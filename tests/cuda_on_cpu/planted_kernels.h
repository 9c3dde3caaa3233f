#pragma once

#include <cuda_runtime_api.h>

// Kernels with one bug each, and the like without it where that is needed to show that the bug alone is reported.

namespace kindling::cuda_on_cpu {

// One thread too many: y has n elements, y[n] is written.
void write_past_end(float* y, int n, cudaStream_t stream);
// A shared array of 64 floats (or `dynamic` shared memory) is written at [64].
void write_past_shared(float* y, bool dynamic, cudaStream_t stream);
// y[i] = four floats from x + 1, which a float4 can't be read from
void read_misaligned(const float* x, float* y, cudaStream_t stream);
// y[0] = an element of a shared array that nobody wrote in this block (but, of two blocks, the one before did)
void read_uninitialised_shared(float* y, cudaStream_t stream);

// y = x reversed, n <= 1024 threads, without the __syncthreads between writing and reading the tile
void reverse_without_barrier(const float* x, float* y, int n, cudaStream_t stream);
// Half of the block waits at one __syncthreads, half at another.
void divergent_barrier(float* y, cudaStream_t stream);
// Half of the block leaves before the __syncthreads.
void leave_before_barrier(float* y, cudaStream_t stream);
// 16 lanes shuffle under a mask that names 32.
void shuffle_with_half_a_warp(float* y, cudaStream_t stream);
// Lanes of a warp take part in different operations.
void mixed_warp_operations(float* y, cudaStream_t stream);
// A shuffle from a lane that its mask leaves out.
void shuffle_from_absent_lane(float* y, cudaStream_t stream);
// y[i] = x[i ^ 1] within a warp through shared memory, without the __syncwarp
void swap_without_syncwarp(const float* x, float* y, cudaStream_t stream);

// y[0] += 1 from each of 4 blocks, not atomic
void add_without_atomic(float* y, cudaStream_t stream);
// One thread adds with atomicAdd, the others of the block read.
void read_beside_atomic(float* y, cudaStream_t stream);
// Two threads write neighbouring bf16 numbers of one word: no race.
void write_halves_of_words(void* y, cudaStream_t stream);

// Shared memory of more than 48 KiB, as arrays and not at the launch.
void too_much_static_shared(float* y, cudaStream_t stream);
// A kernel that calls the host's functions.
void call_host_function(float* y, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
