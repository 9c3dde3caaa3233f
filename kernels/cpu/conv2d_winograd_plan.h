#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// The cut of all images' planes of `extent` into tiles of outputs x outputs pixels, numbered image by image in rows.
// Those at the lower and right edge may reach beyond it.
struct WinogradTiles {
  Shape4 extent;
  std::int64_t outputs;

  struct Place {
    std::int64_t image;
    std::int64_t h;  // of the tile's first pixel
    std::int64_t w;
  };

  std::int64_t rows() const { return (extent.h + outputs - 1) / outputs; }
  std::int64_t columns() const { return (extent.w + outputs - 1) / outputs; }
  std::int64_t count() const { return extent.n * rows() * columns(); }
  Place place(std::int64_t tile) const {
    return {tile / columns() / rows(), tile / columns() % rows() * outputs, tile % columns() * outputs};
  }
};

// Where the transforms of a block of tiles lie: element e of tile t begins at e * element + t * tile, its channels are
// adjacent. Strides are odd multiples of a register: powers of two would meet in few sets of the caches.
struct TransformStrides {
  TransformStrides(std::int64_t block_tiles, std::int64_t channels, const SimdKernels& simd)
      : tile(Tiles{channels, simd.tile_columns}.count() * simd.tile_columns + simd.lanes),
        element(block_tiles * tile + simd.lanes) {}

  std::int64_t tile;
  std::int64_t element;
};

// The square of `side` pixels whose first is (h, w) of an image of `activation`, as what is to be transformed: pixels
// outside the image are zeros. Channels, transform and its stride are left for the caller.
inline ToWinograd square_of(const float* activation, const Shape4& shape, const WinogradTiles::Place& first,
                            std::int64_t side) {
  return {.pixels = activation + ((first.image * shape.h + first.h) * shape.w + first.w) * shape.c,
          .row_stride = shape.w * shape.c,
          .column_stride = shape.c,
          .row_begin = std::max<std::int64_t>(-first.h, 0),
          .row_end = std::min(side, shape.h - first.h),
          .column_begin = std::max<std::int64_t>(-first.w, 0),
          .column_end = std::min(side, shape.w - first.w),
          .channels = shape.c,
          .transform = nullptr,
          .transform_stride = 0};
}

// How winograd_gather is cut into work items. The cut depends on the shape, the register tile and the algorithm alone.
//
// Many tiles: the filter is transformed first, all of it. An item is a block of tiles and a group of panels of target
// channels; it transforms its tiles' source, multiplies panel by panel, a few at a time, and transforms the products.
// Few tiles (images of 4x4 pixels, or hardly any images): the filter's transform is the largest array, and is read only
// once. So all of the source is transformed first, and an item is a panel of target channels, whose part of the filter
// it transforms itself, some source channels at a time, so that it stays in the L2 cache.
//
// Of the transforms, [element of the transform] is outermost:
//   the filter's   [panel][element][source channel][target channel within the panel]; few tiles: without [panel]
//   the source's   [element][tile][source channel]; few tiles: a block of source channels behind the other
//   the product's  [element][tile][target channel of a pass over a few panels]
struct WinogradPlan {
  WinogradPlan(const GatherProblem& problem, const WinogradKernels& winograd, const SimdKernels& simd);

  std::int64_t source_floats() const { return elements * source_at.element; }  // of a block of tiles and of depth
  std::int64_t product_floats() const { return elements * product_at.element; }

  Shape4 source;
  Shape4 target;
  std::int64_t elements;  // of a transform
  std::int64_t pad;       // a target pixel reads source pixels from `pad` before it to 2 - pad behind it
  WinogradTiles tiles;
  bool few_tiles;
  Tiles tile_blocks;
  Tiles depth;   // blocks of source channels that are multiplied in one go
  Tiles panels;  // of target channels
  std::int64_t pass_panels;
  Tiles panel_groups;          // panels of an item
  std::int64_t panel_floats;   // of the filter's transform
  TransformStrides source_at;  // where the transforms of a block of tiles lie
  TransformStrides product_at;
};

// How winograd_wgrad is cut into work items: a block of k by a block of c, over a slice of the tiles. An item goes
// through its tiles block by block and adds up products of
//   dy  [element][tile][k]
//   x   [element][tile][c]
// to sums [element][k][c], which it transforms to its part of dw at the end. dy and x take turns in memory, element by
// element, so that what the next element needs is one run.
struct WinogradWgradPlan {
  WinogradWgradPlan(const Conv2dShape& shape, const WinogradKernels& winograd, const SimdKernels& simd);

  std::int64_t items() const { return slices * k_blocks.count() * c_blocks.count(); }

  Conv2dShape shape;
  std::int64_t elements;
  WinogradTiles tiles;  // of dy
  Tiles tile_blocks;
  Tiles k_blocks;
  Tiles c_blocks;
  std::int64_t slices;
  TransformStrides dy_at;
  TransformStrides x_at;
  TransformStrides sums_at;  // its "tiles" are k
  std::int64_t x_offset;     // of x's first element behind dy's
};

}  // namespace kindling
