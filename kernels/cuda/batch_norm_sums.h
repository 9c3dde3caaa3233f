#pragma once

#include "kernels/core/shape.h"
#include "kernels/cuda/block_sums.h"
#include "kernels/cuda/pack.h"

namespace kindling {

// Two sums over all pixels for every channel, made in two stages of fixed shape. Stage 1: a thread adds up its few rows
// in fp32, a block its threads in double, and leaves partial[tile][2][C]. Stage 2 adds the tiles, in double.

// The rows that a thread of stage 1 adds up: begin, begin + blockDim.y, ... below end.
struct ThreadRows {
  unsigned begin;
  unsigned end;

  __device__ ThreadRows(unsigned rows, unsigned rows_per_tile)
      : begin(blockIdx.y * rows_per_tile + threadIdx.y), end(min(rows, (blockIdx.y + 1) * rows_per_tile)) {}
};

// The end of stage 1: sums of the block's threads, into the partial sums of its tile.
template <int kLanes>
__device__ void store_partial_sums(double (&sums)[2 * kLanes], double* partial, unsigned pack, unsigned packs) {
  KINDLING_SHARED(double, shared, 2 * kLanes * kBlockThreads);
  sum_over_rows_of_block(sums, shared);
  if (threadIdx.y != 0 || pack >= packs) return;
  double* const row = partial + std::int64_t{blockIdx.y} * 2 * packs * kLanes;
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    row[pack * kLanes + lane] = sums[lane];
    row[(packs + pack) * kLanes + lane] = sums[kLanes + lane];
  }
}

// Stage 2 in a block of row_blocks(tiles, channels, 1): true for the threads that now hold a channel's sums.
__device__ inline bool add_partial_sums(const double* partial, unsigned tiles, unsigned channels, unsigned channel,
                                        double (&sums)[2]) {
  KINDLING_SHARED(double, shared, 2 * kBlockThreads);
  for (unsigned tile = threadIdx.y; channel < channels && tile < tiles; tile += blockDim.y) {
    sums[0] += partial[std::int64_t{tile} * 2 * channels + channel];
    sums[1] += partial[(std::int64_t{tile} * 2 + 1) * channels + channel];
  }
  sum_over_rows_of_block(sums, shared);
  return threadIdx.y == 0 && channel < channels;
}

// How both stages are launched: stage 1 over packs of kLanes channels with about four blocks for each of the 132
// processors of an H100.
template <int kLanes>
RowBlocks first_stage(const Shape4& shape) {
  return row_blocks(shape.pixels(), shape.c / kLanes, 528);
}
inline RowBlocks second_stage(const RowBlocks& first, std::int64_t channels) {
  return row_blocks(first.tiles, channels, 1);
}
inline std::size_t partial_bytes(const RowBlocks& first, std::int64_t channels) {
  return static_cast<std::size_t>(first.tiles * 2 * channels) * sizeof(double);
}

}  // namespace kindling
