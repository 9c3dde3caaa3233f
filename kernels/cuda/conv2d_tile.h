#pragma once

#include <cstdint>

#include "kernels/core/shape.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"

namespace kindling {

// Implicit GEMM: a convolution's three passes are products of matrices of which at least one is never written out; its
// elements are looked up in the image when a tile of it is needed (Chetlur et al., "cuDNN: Efficient Primitives for
// Deep Learning", 2014). One block makes a tile of 64 x 64 results, each thread 4 x 4 of them in registers, from slices
// of 16 along the summed extent ("depth") in shared memory.
//
// An operand says how to look up an element in two steps, so that what depends on one index alone is found once:
//   Line line(std::int64_t i)      of a row of the left, a column of the right matrix
//   Step step(std::int64_t d)      of a place along the depth
//   float load(Line, Step)
//   kDepthInner                    neighbours along the depth are neighbours in memory (else along the lines)
// Each may be asked for places past the end, for which load must give 0.
inline constexpr int kTileSide = 64;
inline constexpr int kTileDepth = 16;
inline constexpr int kThreadSide = 4;
inline constexpr int kTileThreads = (kTileSide / kThreadSide) * (kTileSide / kThreadSide);
static_assert(kTileThreads == kBlockThreads);

// A slice of one operand: [depth][line], each row padded so that threads with neighbouring depths write to other banks.
inline constexpr int kSliceStride = kTileSide + 4;
using SliceRow = float[kSliceStride];

// How one thread brings its share of an operand's slices, 4 elements each, from global to shared memory.
template <class Operand>
class SliceLoader {
 public:
  __device__ SliceLoader(const Operand& operand, std::int64_t first_line) : operand_(operand) {
    KINDLING_UNROLL
    for (int i = 0; i < kLines; ++i) lines_[i] = operand.line(first_line + line_at(i));
  }

  __device__ void load(std::int64_t depth) {
    KINDLING_UNROLL
    for (int i = 0; i < kShare; ++i) {
      if (i < kSteps) step_ = operand_.step(depth + depth_at(i));
      values_[i] = operand_.load(lines_[i < kLines ? i : 0], step_);
    }
  }

  __device__ void store(SliceRow* slice) const {
    KINDLING_UNROLL
    for (int i = 0; i < kShare; ++i) slice[depth_at(i)][line_at(i)] = values_[i];
  }

 private:
  static constexpr int kShare = kTileSide * kTileDepth / kTileThreads;
  static constexpr bool kInner = Operand::kDepthInner;
  static constexpr int kLines = kInner ? kShare : 1;  // different lines of a thread's share
  static constexpr int kSteps = kInner ? 1 : kShare;  // different depths

  static __device__ int line_at(int i) {
    const int thread = static_cast<int>(threadIdx.x);
    return kInner ? thread / kTileDepth + i * (kTileThreads / kTileDepth) : thread % kTileSide;
  }
  static __device__ int depth_at(int i) {
    const int thread = static_cast<int>(threadIdx.x);
    return kInner ? thread % kTileDepth : thread / kTileSide + i * (kTileThreads / kTileSide);
  }

  const Operand& operand_;
  typename Operand::Line lines_[kLines];
  typename Operand::Step step_;
  float values_[kShare];
};

// The results of one thread: rows row .. row + 3, columns column .. column + 3.
struct ThreadTile {
  std::int64_t row;
  std::int64_t column;
  float sum[kThreadSide][kThreadSide];
};

// The calling block's tile of left * right, summed over depths [begin, end) in order. All kTileThreads threads call.
template <class Left, class Right>
__device__ ThreadTile multiply_tile(const Left& left, const Right& right, std::int64_t begin, std::int64_t end) {
  KINDLING_SHARED(SliceRow, left_slice, kTileDepth);
  KINDLING_SHARED(SliceRow, right_slice, kTileDepth);
  const std::int64_t first_row = std::int64_t{blockIdx.x} * kTileSide;
  const std::int64_t first_column = std::int64_t{blockIdx.y} * kTileSide;
  const int row = static_cast<int>(threadIdx.x) / (kTileSide / kThreadSide) * kThreadSide;
  const int column = static_cast<int>(threadIdx.x) % (kTileSide / kThreadSide) * kThreadSide;
  SliceLoader<Left> left_loader(left, first_row);
  SliceLoader<Right> right_loader(right, first_column);
  ThreadTile tile{.row = first_row + row, .column = first_column + column, .sum = {}};
  left_loader.load(begin);
  right_loader.load(begin);
  for (std::int64_t depth = begin; depth < end; depth += kTileDepth) {
    __syncthreads();  // the slices of the last round have been used
    left_loader.store(left_slice);
    right_loader.store(right_slice);
    __syncthreads();
    if (depth + kTileDepth < end) {  // on their way while this round is computed
      left_loader.load(depth + kTileDepth);
      right_loader.load(depth + kTileDepth);
    }
    KINDLING_UNROLL
    for (int d = 0; d < kTileDepth; ++d) {
      const Pack<float, 4> a = load_pack<4>(left_slice[d] + row, 0);
      const Pack<float, 4> b = load_pack<4>(right_slice[d] + column, 0);
      KINDLING_UNROLL
      for (int i = 0; i < kThreadSide; ++i) {
        KINDLING_UNROLL
        for (int j = 0; j < kThreadSide; ++j) tile.sum[i][j] += a.lane[i] * b.lane[j];
      }
    }
  }
  return tile;
}

// Blocks for a result of rows x columns, `slices` of them along the depth.
inline dim3 tile_grid(std::int64_t rows, std::int64_t columns, std::int64_t slices = 1) {
  const std::int64_t x = (rows + kTileSide - 1) / kTileSide;
  const std::int64_t y = (columns + kTileSide - 1) / kTileSide;
  require(x < std::int64_t{1} << 31 && y < 65536 && slices < 65536, "a convolution is too large for one kernel");
  return dim3(static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(slices));
}

}  // namespace kindling
