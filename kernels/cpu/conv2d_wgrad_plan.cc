#include "kernels/cpu/conv2d_wgrad_plan.h"

#include <algorithm>

namespace kindling {
namespace {

// Packed bytes of a band: about half of a 1 MB L2 cache.
constexpr std::int64_t kPackedBytes = std::int64_t{400} * 1024;
// Enough items for many threads; more would only pack the same pixels more often.
constexpr std::int64_t kWantedItems = 64;
// A tile's sums are loaded and stored once in so many steps, at least.
constexpr std::int64_t kWantedDepth = 512;

constexpr std::int64_t kBlockColumns = 64;
// Tiles of k in a block. A packed pixel is used by all taps; with only one tap, more k make up for it.
constexpr std::int64_t kBlockTiles = 8;
constexpr std::int64_t kBlockTilesOfOneTap = 32;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

WgradPlan::WgradPlan(const Conv2dShape& shape_in, const SimdKernels& simd)
    : shape(shape_in),
      rows{Gather::kForward, shape.h, shape.r, shape.stride, shape.pad},
      columns{Gather::kForward, shape.w, shape.s(), shape.stride, shape.pad},
      tile_rows(simd.tile_rows),
      tile_columns(simd.tile_columns),
      unfolded(shape.r > 1 && 2 * shape.c < tile_columns),
      taps(unfolded ? 1 : shape.r * shape.s()) {
  k_blocks = {shape.k, (taps == 1 ? kBlockTilesOfOneTap : kBlockTiles) * tile_rows};
  column_blocks = unfolded ? Tiles{patch(), patch()} : Tiles{shape.c, kBlockColumns};
  const std::int64_t images = std::max<std::int64_t>(kWantedDepth / (shape.p() * shape.q()), 8);
  image_blocks = {shape.n, std::min(images, shape.n)};
  slices = std::min(image_blocks.count(), Tiles{kWantedItems, k_blocks.count() * column_blocks.count()}.count());

  const std::int64_t block_k = round_up(std::min(shape.k, k_blocks.size), tile_rows);
  const std::int64_t block_columns = round_up(std::min(column_blocks.total, column_blocks.size), tile_columns);
  const std::int64_t a_row = shape.q() * block_k * image_blocks.size;
  const std::int64_t b_row = b_width() * block_columns * image_blocks.size;
  const auto b_rows = [&](std::int64_t band) {
    return unfolded ? band : std::min(shape.h, (band - 1) * shape.stride + shape.r);
  };
  bands = {shape.p(), shape.p()};
  while (bands.size > 1 &&
         (bands.size * a_row + b_rows(bands.size) * b_row) * std::int64_t{sizeof(float)} > kPackedBytes) {
    bands.size = (bands.size + 1) / 2;
  }
  a_floats = bands.size * a_row;
  b_floats = b_rows(bands.size) * b_row;
}

}  // namespace kindling
