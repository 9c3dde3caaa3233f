#pragma once

#include <cstdint>

#include "kernels/core/shape.h"
#include "kernels/cuda/conv2d_tile_product.h"

namespace kindling {

// Implicit GEMM: a convolution's three passes are products of matrices of which at least one is never written out; its
// elements are looked up in the image when a tile of it is needed (Chetlur et al., "cuDNN: Efficient Primitives for
// Deep Learning", 2014). One block makes a tile of 64 x 64 results from slices of 16 along the summed extent ("depth"),
// which it brings to shared memory one after the other; TileProduct multiplies them.
//
// An operand says how to look up an element in two steps, so that what depends on one index alone is found once:
//   Element                        what memory holds, float or bfloat16
//   Line line(std::int64_t i)      of a row of the left, a column of the right matrix
//   Step step(std::int64_t d)      of a place along the depth
//   Element load(Line, Step)
//   kDepthInner                    neighbours along the depth are neighbours in memory (else along the lines)
// Each may be asked for places past the end, for which load must give 0.

// How one thread brings its share of an operand's slices, 4 elements each, from global to shared memory.
template <class Operand>
class SliceLoader {
 public:
  using Element = typename Operand::Element;

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

  __device__ void store(Slice<Element>& slice) const {
    KINDLING_UNROLL
    for (int i = 0; i < kShare; ++i) slice.at[depth_at(i)][line_at(i)] = values_[i];
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
  Element values_[kShare];
};

// The calling block's tile of left * right, summed over depths [begin, end) in order. All kTileThreads threads call.
template <class Left, class Right>
__device__ ThreadTile multiply_tile(const Left& left, const Right& right, std::int64_t begin, std::int64_t end) {
  using Element = typename Left::Element;
  KINDLING_SHARED(Slice<Element>, slices, 2);
  const std::int64_t first_row = std::int64_t{blockIdx.x} * kTileSide;
  const std::int64_t first_column = std::int64_t{blockIdx.y} * kTileSide;
  SliceLoader<Left> left_loader(left, first_row);
  SliceLoader<Right> right_loader(right, first_column);
  TileProduct<Element> product;
  left_loader.load(begin);
  right_loader.load(begin);
  for (std::int64_t depth = begin; depth < end; depth += kTileDepth) {
    __syncthreads();  // the slices of the last round have been used
    left_loader.store(slices[0]);
    right_loader.store(slices[1]);
    __syncthreads();
    if (depth + kTileDepth < end) {  // on their way while this round is computed
      left_loader.load(depth + kTileDepth);
      right_loader.load(depth + kTileDepth);
    }
    product.add(slices[0], slices[1]);
  }
  ThreadTile tile{.row = first_row + thread_row(), .column = first_column + thread_column(), .sum = {}};
  product.finish(tile);
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
