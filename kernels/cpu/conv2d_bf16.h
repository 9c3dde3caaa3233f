#pragma once

#include "kernels/cpu/conv2d_problem.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// Convolutions in bf16 as they are defined, for any filter, stride and padding, from products of tiles of 32 x 32
// (simd/bf16_kernels.h). As in fp32 (conv2d_gather.h, conv2d_wgrad_plan.h) a tile's rows in forward and dgrad are the
// same pixel of several images, and the depth of wgrad's products too, so that taps on the padding are left out at any
// shape. With activations in blocks of images and channels in 32s, forward and dgrad read their tiles where they lie;
// otherwise they pack them first. Which it is changes no bit.
void bf16_gather(CpuContext<bfloat16>& context, const GatherProblemOf<bfloat16>& problem);
void bf16_wgrad(CpuContext<bfloat16>& context, const WgradProblemOf<bfloat16>& problem);

// A block of up to kImageBlock images of an activation, which begins at first_image * H W C in either layout: how far
// it is from pixel to pixel, and from image to image.
struct BlockStrides {
  std::int64_t pixel;
  std::int64_t image;
};
inline BlockStrides block_strides(Layout layout, const Shape4& shape, std::int64_t images) {
  if (layout == Layout::kImageBlocks) return {images * shape.c, shape.c};
  return {shape.c, shape.h * shape.w * shape.c};
}

// Opens the registers of products in this thread while it lives.
class OpenProducts {
 public:
  OpenProducts(const Bf16Products& products, std::int64_t rows) : products_(products) { products_.open(rows); }
  ~OpenProducts() { products_.close(); }
  OpenProducts(const OpenProducts&) = delete;
  OpenProducts& operator=(const OpenProducts&) = delete;

  void multiply(const Bf16Product& product) const { products_.multiply(product); }
  void store(const Bf16Store& store) const { products_.store(store); }

 private:
  const Bf16Products& products_;
};

}  // namespace kindling
