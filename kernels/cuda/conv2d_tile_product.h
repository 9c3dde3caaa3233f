#pragma once

#include "kernels/core/dtype.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"
#include "kernels/cuda/tensor_core.h"

namespace kindling {

// The inner part of conv2d_tile.h: a block of kTileThreads threads makes a tile of kTileSide x kTileSide results from
// slices, kTileDepth deep, of the two operands in shared memory.
inline constexpr int kTileSide = 64;
inline constexpr int kTileDepth = 16;
inline constexpr int kThreadSide = 4;
inline constexpr int kTileThreads = (kTileSide / kThreadSide) * (kTileSide / kThreadSide);
static_assert(kTileThreads == kBlockThreads);

// Each row of a slice is padded by 16 bytes, so that threads with neighbouring depths write to other banks.
template <class T>
struct alignas(32) Slice {
  static constexpr int kStride = kTileSide + kWideLanes<T>;
  T at[kTileDepth][kStride];  // [depth][line]
};

// The results of one thread: rows row .. row + 3, columns column .. column + 3 of the whole matrix.
struct ThreadTile {
  std::int64_t row;
  std::int64_t column;
  float sum[kThreadSide][kThreadSide];
};

__device__ inline int thread_row() {
  return static_cast<int>(threadIdx.x) / (kTileSide / kThreadSide) * kThreadSide;
}
__device__ inline int thread_column() {
  return static_cast<int>(threadIdx.x) % (kTileSide / kThreadSide) * kThreadSide;
}

// All threads of the block call both functions: `add` adds the product of two slices to the tile's sums, `finish` gives
// each thread its own.
template <class T>
class TileProduct;

// Plain fp32: each thread sums its own results in registers.
template <>
class TileProduct<float> {
 public:
  __device__ void add(const Slice<float>& left, const Slice<float>& right) {
    KINDLING_UNROLL
    for (int d = 0; d < kTileDepth; ++d) {
      const Pack<float, 4> a = load_pack<4>(left.at[d] + thread_row(), 0);
      const Pack<float, 4> b = load_pack<4>(right.at[d] + thread_column(), 0);
      KINDLING_UNROLL
      for (int i = 0; i < kThreadSide; ++i) {
        KINDLING_UNROLL
        for (int j = 0; j < kThreadSide; ++j) sum_[i][j] += a.lane[i] * b.lane[j];
      }
    }
  }

  __device__ void finish(ThreadTile& tile) const {
    KINDLING_UNROLL
    for (int i = 0; i < kThreadSide; ++i) {
      KINDLING_UNROLL
      for (int j = 0; j < kThreadSide; ++j) tile.sum[i][j] = sum_[i][j];
    }
  }

 private:
  float sum_[kThreadSide][kThreadSide] = {};
};

// bf16 on tensor cores: each warp sums 16 rows by 32 columns, two fragments beside one another. Only memory can bring
// the results from there to the threads.
template <>
class TileProduct<bfloat16> {
 public:
  __device__ void add(const Slice<bfloat16>& left, const Slice<bfloat16>& right) {
    LeftFragment rows;
    rows.load(&left.at[0][warp_row()], Slice<bfloat16>::kStride);
    KINDLING_UNROLL
    for (int i = 0; i < kFragments; ++i) {
      RightFragment columns;
      columns.load(&right.at[0][warp_column() + i * kFragmentSide], Slice<bfloat16>::kStride);
      sums_[i].add(rows, columns);
    }
  }

  __device__ void finish(ThreadTile& tile) const {
    KINDLING_SHARED(SumRow, all, kTileSide);
    KINDLING_UNROLL
    for (int i = 0; i < kFragments; ++i) {
      sums_[i].store(&all[warp_row()].at[warp_column() + i * kFragmentSide], SumRow::kStride);
    }
    __syncthreads();
    KINDLING_UNROLL
    for (int i = 0; i < kThreadSide; ++i) {
      const Pack<float, kThreadSide> sums = load_pack<kThreadSide>(all[thread_row() + i].at + thread_column(), 0);
      KINDLING_UNROLL
      for (int j = 0; j < kThreadSide; ++j) tile.sum[i][j] = sums.lane[j];
    }
  }

 private:
  struct alignas(32) SumRow {
    static constexpr int kStride = kTileSide + 8;
    float at[kStride];
  };
  static constexpr int kFragments = 2;
  static constexpr int kWarpColumns = kFragments * kFragmentSide;
  static_assert(kTileDepth == kFragmentSide);
  static_assert(kTileThreads / 32 * kFragments * kFragmentSide * kFragmentSide == kTileSide * kTileSide);

  static __device__ int warp() { return static_cast<int>(threadIdx.x) / 32; }
  static __device__ int warp_row() { return warp() / (kTileSide / kWarpColumns) * kFragmentSide; }
  static __device__ int warp_column() { return warp() % (kTileSide / kWarpColumns) * kWarpColumns; }

  SumFragment sums_[kFragments];
};

}  // namespace kindling
