#include "kernels/cpu/conv2d_winograd_plan.h"

namespace kindling {
namespace {

// Tiles of a block: the filter's transform is read once for so many tiles, and what an item transforms should stay in
// the L2 cache where the channels are few.
constexpr std::int64_t kBlockTiles = 64;
constexpr std::int64_t kFewTiles = 128;
// Source channels of a block where the tiles are few: their part of a panel of the filter's transform is half a MB.
constexpr std::int64_t kBlockDepth = 128;
// Channels of the product that are kept before they are transformed back.
constexpr std::int64_t kPassChannels = 64;
// Enough items for many threads; more would only transform the same source more often.
constexpr std::int64_t kWantedItems = 16;

// Channels of a block of wgrad: its operands are transformed once for each block of the other side.
constexpr std::int64_t kBlockK = 128;
constexpr std::int64_t kBlockC = 128;
constexpr std::int64_t kWgradTiles = 32;  // of a block

}  // namespace

WinogradPlan::WinogradPlan(const GatherProblem& problem, const WinogradKernels& winograd, const SimdKernels& simd)
    : source(problem.source_shape()),
      target(problem.target_shape()),
      elements(winograd.elements()),
      pad(problem.gather == Gather::kForward ? problem.shape.pad : 2 - problem.shape.pad),
      tiles{target, winograd.outputs},
      few_tiles(tiles.count() <= kFewTiles),
      tile_blocks{tiles.count(), few_tiles ? tiles.count() : kBlockTiles},
      depth{source.c, few_tiles ? std::min(source.c, kBlockDepth) : source.c},
      panels{target.c, simd.tile_columns},
      pass_panels(few_tiles ? 1 : std::max<std::int64_t>(kPassChannels / simd.tile_columns, 1)),
      panel_groups{panels.count(), 1},
      panel_floats(elements * depth.size * simd.tile_columns),
      source_at(tile_blocks.size, depth.size, simd),
      product_at(tile_blocks.size, pass_panels * simd.tile_columns, simd) {
  const std::int64_t wanted_groups = Tiles{kWantedItems, tile_blocks.count()}.count();
  const std::int64_t passes = Tiles{panels.count(), pass_panels}.count();
  if (!few_tiles) panel_groups.size = Tiles{passes, std::min(passes, wanted_groups)}.count() * pass_panels;
}

WinogradWgradPlan::WinogradWgradPlan(const Conv2dShape& shape_in, const WinogradKernels& winograd,
                                     const SimdKernels& simd)
    : shape(shape_in),
      elements(winograd.elements()),
      tiles{shape_in.y_shape(), winograd.outputs},
      tile_blocks{tiles.count(), std::min(tiles.count(), kWgradTiles)},
      k_blocks{shape_in.k, std::min(shape_in.k, kBlockK)},
      c_blocks{shape_in.c, std::min(shape_in.c, kBlockC)},
      slices(std::min(tile_blocks.count(), Tiles{kWantedItems, k_blocks.count() * c_blocks.count()}.count())),
      dy_at(tile_blocks.size, k_blocks.size, simd),
      x_at(tile_blocks.size, c_blocks.size, simd),
      sums_at(k_blocks.size, c_blocks.size, simd),
      x_offset(dy_at.element) {
  dy_at.element += x_at.element;
  x_at.element = dy_at.element;
}

}  // namespace kindling
