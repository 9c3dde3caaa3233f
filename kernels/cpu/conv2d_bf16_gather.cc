#include <algorithm>

#include "kernels/cpu/conv2d_bf16.h"
#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

using Problem = GatherProblemOf<bfloat16>;

// Source rows that an item reads: about half of a 2 MB L2 cache, the rest is for a panel of the filter.
constexpr std::int64_t kSourceBytes = std::int64_t{800} * 1024;
// Enough items for many threads, also where images are few or small.
constexpr std::int64_t kWantedItems = 64;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// How the problem is cut into items, whose results don't overlap: a block of images, a band of target rows, a group of
// panels of 32 target channels. The cut depends on the shape alone.
struct Plan {
  explicit Plan(const Problem& problem)
      : source(problem.source_shape()),
        target(problem.target_shape()),
        rows{problem.gather, source.h, problem.shape.r, problem.shape.stride, problem.shape.pad},
        columns{problem.gather, source.w, problem.shape.s(), problem.shape.stride, problem.shape.pad},
        taps(problem.shape.r * problem.shape.s()),
        depth(round_up(source.c, kBf16Depth)),
        is_packed(source.c != depth),
        image_blocks{source.n, kImageBlock},
        panels(Tiles{target.c, kBf16TileColumns}.count()) {
    const std::int64_t row_bytes = source.w * kImageBlock * depth * std::int64_t{sizeof(bfloat16)};
    bands = {target.h, target.h};
    while (bands.size > 1 && longest_source() * row_bytes > kSourceBytes) bands.size = (bands.size + 1) / 2;
    packed_elements = is_packed ? longest_source() * source.w * kImageBlock * depth : 0;
    const std::int64_t wanted_groups = Tiles{kWantedItems, image_blocks.count() * bands.count()}.count();
    groups = {panels, Tiles{panels, std::min(wanted_groups, panels)}.count()};
  }

  std::int64_t items() const { return image_blocks.count() * bands.count() * groups.count(); }
  std::int64_t panel_elements() const { return taps * depth * kBf16TileColumns; }

  Shape4 source;
  Shape4 target;
  GatherAxis rows;
  GatherAxis columns;
  std::int64_t taps;
  std::int64_t depth;
  bool is_packed;
  Tiles image_blocks;
  std::int64_t panels;
  Tiles bands{};
  Tiles groups{};  // of panels
  std::int64_t packed_elements = 0;

 private:
  std::int64_t longest_source() const {
    std::int64_t longest = 0;
    for (std::int64_t band = 0; band < bands.count(); ++band) {
      longest = std::max(longest, sources_of(rows, span_of(bands, band)).length());
    }
    return longest;
  }
};

// One tap of one panel of the filter: [depth / 2][32 target channels][2 source channels], filled up with zeros.
void pack_tap(const Bf16Packing& packing, const Problem& problem, std::int64_t depth, std::int64_t first,
              std::int64_t tap, bfloat16* packed) {
  const std::int64_t c = problem.shape.c;
  const std::int64_t row_stride = problem.shape.r * problem.shape.s() * c;  // from filter to filter
  const std::int64_t width = std::min(kBf16TileColumns, problem.target_shape().c - first);
  if (problem.gather == Gather::kForward) {
    const bfloat16* w = problem.w + first * row_stride + tap * c;
    if (depth != c) std::fill_n(packed, depth * kBf16TileColumns, bfloat16{});
    packing.transpose_pairs(w, row_stride, width, c / 2, kBf16TileColumns, packed, kBf16TileColumns);
    for (std::int64_t k = 0; c % 2 != 0 && k < width; ++k) {
      packed[(c - 1) * kBf16TileColumns + 2 * k] = w[k * row_stride + c - 1];
    }
    return;
  }
  packing.interleave(problem.w + tap * c + first, row_stride, problem.shape.k, width, depth, packed);
}

void pack_filter(CpuContext<bfloat16>& context, const Problem& problem, const Plan& plan, bfloat16* packed) {
  parallel_for(context.threads(), plan.panels * plan.taps, [&](std::int64_t item, int /*thread*/) {
    pack_tap(context.simd().bf16_packing, problem, plan.depth, item / plan.taps * kBf16TileColumns, item % plan.taps,
             packed + item * plan.depth * kBf16TileColumns);
  });
}

// Where an item's source lies: in the activation itself, or in a packed copy of the rows that it reads.
struct Source {
  const bfloat16* data;
  std::int64_t first_row;  // at data
  BlockStrides strides;
};

// Copies rows to [row][column][image][depth], zeros behind the channels.
Source packed_source(const Plan& plan, const Span& source_rows, std::int64_t images, const Source& from,
                     bfloat16* packed) {
  const std::int64_t pixels = source_rows.length() * plan.source.w;
  std::fill_n(packed, pixels * images * plan.depth, bfloat16{});
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const bfloat16* source = from.data + (source_rows.begin * plan.source.w + pixel) * from.strides.pixel;
    bfloat16* to = packed + pixel * images * plan.depth;
    for (std::int64_t c = 0; c < plan.source.c; ++c) {
      for (std::int64_t i = 0; i < images; ++i) to[i * plan.depth + c] = source[i * from.strides.image + c];
    }
  }
  return {packed, source_rows.begin, {images * plan.depth, plan.depth}};
}

// The (source pixel, tap) pairs that target pixel (h, w) is the sum of; returns their number.
std::int64_t list_pairs(const Plan& plan, const Source& source, std::int64_t h, std::int64_t w, TilePair* pairs) {
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < plan.rows.taps; ++r) {
    const std::int64_t source_h = plan.rows.source_of(h, r);
    if (source_h < 0) continue;
    for (std::int64_t s = 0; s < plan.columns.taps; ++s) {
      const std::int64_t source_w = plan.columns.source_of(w, s);
      if (source_w < 0) continue;
      pairs[count++] = {(source_h - source.first_row) * plan.source.w + source_w, r * plan.columns.taps + s};
    }
  }
  return count;
}

// What an item does, and with what.
struct Item {
  Span images;
  Span target_rows;
  Span panels;
  Source source;
  TilePair* pairs;
  float* sums;
};

void multiply_item(const CpuContext<bfloat16>& context, const Problem& problem, const Plan& plan, const Item& item,
                   const bfloat16* filter) {
  const OpenProducts products(context.bf16_products(), item.images.length());
  const BlockStrides to = block_strides(problem.layout, plan.target, item.images.length());
  bfloat16* target = problem.target + item.images.begin * plan.target.h * plan.target.w * plan.target.c;
  Bf16Product product{.a = item.source.data,
                      .a_step = item.source.strides.pixel,
                      .a_row_stride = item.source.strides.image,
                      .b = nullptr,
                      .b_step = plan.depth * kBf16TileColumns,
                      .pairs = item.pairs,
                      .count = 0,
                      .depth = plan.depth,
                      .rows = item.images.length(),
                      .columns = 0,
                      .sums = item.sums,
                      .add = false};
  for (std::int64_t panel = item.panels.begin; panel < item.panels.end; ++panel) {
    const std::int64_t first = panel * kBf16TileColumns;
    product.b = filter + panel * plan.panel_elements();
    product.columns = std::min(kBf16TileColumns, plan.target.c - first);
    for (std::int64_t h = item.target_rows.begin; h < item.target_rows.end; ++h) {
      for (std::int64_t w = 0; w < plan.target.w; ++w) {
        product.count = list_pairs(plan, item.source, h, w, item.pairs);
        products.multiply(product);
        products.store({.sums = item.sums,
                        .target = target + (h * plan.target.w + w) * to.pixel + first,
                        .row_stride = to.image,
                        .rows = product.rows,
                        .columns = product.columns,
                        .accumulate = problem.accumulate});
        finish_part(problem, context.rows(), target + (h * plan.target.w + w) * to.pixel + first, first, product.rows,
                    to.image, product.columns);
      }
    }
  }
}

}  // namespace

void bf16_gather(CpuContext<bfloat16>& context, const Problem& problem) {
  const Plan plan(problem);
  WorkspaceLayout shared;
  WorkspaceLayout scratch;
  shared.add(static_cast<std::size_t>(plan.panels * plan.panel_elements()), sizeof(bfloat16));
  const std::size_t sums_at = scratch.add(kBf16TileRows * kBf16TileColumns);
  const std::size_t pairs_at = scratch.add(static_cast<std::size_t>(plan.taps), sizeof(TilePair));
  const std::size_t packed_at = scratch.add(static_cast<std::size_t>(plan.packed_elements), sizeof(bfloat16));
  Workspace& workspace = context.workspace();
  workspace.reserve(shared.bytes(), scratch.bytes());

  auto* filter = reinterpret_cast<bfloat16*>(workspace.shared());
  pack_filter(context, problem, plan, filter);
  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t group = index % plan.groups.count();
    const std::int64_t band = index / plan.groups.count() % plan.bands.count();
    const Span images = span_of(plan.image_blocks, index / plan.groups.count() / plan.bands.count());
    float* memory = workspace.of_thread(thread);
    const Span target_rows = span_of(plan.bands, band);
    Source source{.data = problem.source + images.begin * plan.source.h * plan.source.w * plan.source.c,
                  .first_row = 0,
                  .strides = block_strides(problem.layout, plan.source, images.length())};
    if (plan.is_packed) {
      source = packed_source(plan, sources_of(plan.rows, target_rows), images.length(), source,
                             reinterpret_cast<bfloat16*>(memory + packed_at));
    }
    multiply_item(context, problem, plan,
                  {.images = images,
                   .target_rows = target_rows,
                   .panels = span_of(plan.groups, group),
                   .source = source,
                   .pairs = reinterpret_cast<TilePair*>(memory + pairs_at),
                   .sums = memory + sums_at},
                  filter);
  });
}

}  // namespace kindling
