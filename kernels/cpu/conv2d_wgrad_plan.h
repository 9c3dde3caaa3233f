#pragma once

#include <cstdint>

#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// How conv2d_wgrad is cut into work items. dw is a [K][R S C] matrix. A block of some k by some columns belongs to one
// item, for all taps; where there are few blocks, the images are cut into slices too: each slice leaves a dw of its
// own, and these are added in order. The cut depends on the shape and the register tile alone.
//
// An item takes a block of images and a band of output rows at a time and packs them to panels
//   a  dy [panel of k][p][q][image][k within the panel]
//   b  x  [panel of columns][h][w][image][column within the panel]
// filled up with zeros, so that the images of a pixel are the depth of a product: a tile of dw is a sum over pixel
// pairs, and pairs that meet on the padding are left out. With few channels (the stem) b holds unfolded patches
// instead, one for each output pixel: the columns are all R S C, and there is one tap. Otherwise the columns are the
// channels, and each tap pairs y's pixels with others of x.
struct WgradPlan {
  WgradPlan(const Conv2dShape& shape, const SimdKernels& simd);

  std::int64_t items() const { return slices * k_blocks.count() * column_blocks.count(); }
  std::int64_t patch() const { return shape.r * shape.s() * shape.c; }  // columns of dw
  std::int64_t b_width() const { return unfolded ? shape.q() : shape.w; }

  Conv2dShape shape;
  GatherAxis rows;
  GatherAxis columns;
  std::int64_t tile_rows;
  std::int64_t tile_columns;
  bool unfolded;
  std::int64_t taps;
  Tiles k_blocks;
  Tiles column_blocks;
  Tiles image_blocks;
  std::int64_t slices;
  Tiles bands;  // of output rows
  std::int64_t a_floats;
  std::int64_t b_floats;
};

}  // namespace kindling
