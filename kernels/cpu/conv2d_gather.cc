#include "kernels/cpu/conv2d_gather.h"

#include <algorithm>

#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// Packed source rows of an item: about half of a 1 MB L2 cache, the rest is for a panel of the filter.
constexpr std::int64_t kPackedBytes = std::int64_t{400} * 1024;

// Enough items for many threads, also where the images are few or small. More would only pack the same rows more often.
constexpr std::int64_t kWantedItems = 64;

std::int64_t longest_band(const GatherAxis& rows, std::int64_t targets, std::int64_t band) {
  std::int64_t longest = 0;
  for (std::int64_t begin = 0; begin < targets; begin += band) {
    longest = std::max(longest, sources_of(rows, {begin, std::min(begin + band, targets)}).length());
  }
  return longest;
}

}  // namespace

Span span_of(const Tiles& tiles, std::int64_t tile) {
  return {tiles.begin(tile), tiles.begin(tile) + tiles.length(tile)};
}

Span sources_of(const GatherAxis& axis, const Span& targets) {
  Span span{axis.source_extent, 0};
  for (std::int64_t target = targets.begin; target < targets.end; ++target) {
    for (std::int64_t tap = 0; tap < axis.taps; ++tap) {
      const std::int64_t source = axis.source_of(target, tap);
      if (source < 0) continue;
      span.begin = std::min(span.begin, source);
      span.end = std::max(span.end, source + 1);
    }
  }
  return span.end == 0 ? Span{} : span;
}

GatherPlan::GatherPlan(Gather gather, const Conv2dShape& shape_in, std::int64_t tile_rows_in,
                       std::int64_t tile_columns_in)
    : shape(shape_in),
      source(gather == Gather::kForward ? shape_in.x_shape() : shape_in.y_shape()),
      target(gather == Gather::kForward ? shape_in.y_shape() : shape_in.x_shape()),
      tile_rows(tile_rows_in),
      tile_columns(tile_columns_in) {
  rows = {gather, source.h, shape.r, shape.stride, shape.pad};
  columns = {gather, source.w, shape.s(), shape.stride, shape.pad};
  image_blocks = Tiles{source.n, tile_rows}.count();

  const std::int64_t row_floats = source.w * source.c * tile_rows;
  const auto bytes_of_band = [&](std::int64_t band) {
    return longest_band(rows, target.h, band) * row_floats * std::int64_t{sizeof(float)};
  };
  band_rows = target.h;
  while (band_rows > 1 && bytes_of_band(band_rows) > kPackedBytes) band_rows = (band_rows + 1) / 2;
  bands = Tiles{target.h, band_rows}.count();
  packed_floats = longest_band(rows, target.h, band_rows) * row_floats;

  panels = Tiles{target.c, tile_columns}.count();
  panel_floats = shape.r * shape.s() * source.c * tile_columns;
  const std::int64_t wanted_groups = Tiles{kWantedItems, std::max<std::int64_t>(image_blocks * bands, 1)}.count();
  panels_per_group = std::max(Tiles{panels, wanted_groups}.count(), std::min<std::int64_t>(panels, 2));
  panel_groups = Tiles{panels, panels_per_group}.count();
}

}  // namespace kindling
