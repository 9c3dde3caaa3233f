#include "kernels/cpu/conv2d_direct.h"

#include <algorithm>

#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// Filter panels: [panel][tap][source channel][target channel within the panel].
void pack_filter(CpuContext<float>& context, const GatherPlan& plan, const float* w, float* packed) {
  const std::int64_t taps = plan.shape.r * plan.shape.s();
  const std::int64_t c = plan.shape.c;
  const SimdKernels& simd = context.simd();
  parallel_for(context.threads(), plan.panels * taps, [&](std::int64_t item, int /*thread*/) {
    const std::int64_t first = item / taps * plan.tile_columns;
    const std::int64_t tap = item % taps;
    const std::int64_t width = std::min(plan.tile_columns, plan.target.c - first);
    float* panel = packed + item * plan.source.c * plan.tile_columns;
    if (plan.rows.gather == Gather::kForward) {
      simd.pack_transposed({.source = w + (first * taps + tap) * c,
                            .row_stride = taps * c,
                            .rows = width,
                            .columns = c,
                            .width = plan.tile_columns,
                            .packed_stride = plan.tile_columns,
                            .panel_stride = 0},
                           panel);
    } else {
      simd.pack_panels({.source = w + tap * c + first,
                        .row_stride = taps * c,
                        .rows = plan.shape.k,
                        .columns = width,
                        .width = plan.tile_columns,
                        .packed_stride = plan.tile_columns,
                        .panel_stride = 0},
                       panel);
    }
  });
}

// One item of the plan: which part of the problem it does, and its scratch memory.
struct GatherItem {
  std::int64_t first_image;
  std::int64_t images;
  Span target_rows;
  Span source_rows;
  Span panels;
  float* packed;    // source rows, [row][column][channel][image]
  TilePair* pairs;  // as many as the filter has taps
};

void pack_source(const SimdKernels& simd, const GatherPlan& plan, const GatherItem& item, const float* source) {
  const Shape4& from = plan.source;
  for (std::int64_t h = item.source_rows.begin; h < item.source_rows.end; ++h) {
    if (!plan.rows.is_read(h)) continue;
    for (std::int64_t w = 0; w < from.w; ++w) {
      if (!plan.columns.is_read(w)) continue;
      const float* pixel = source + ((item.first_image * from.h + h) * from.w + w) * from.c;
      float* packed = item.packed + ((h - item.source_rows.begin) * from.w + w) * from.c * plan.tile_rows;
      simd.pack_transposed({.source = pixel,
                            .row_stride = from.h * from.w * from.c,
                            .rows = item.images,
                            .columns = from.c,
                            .width = plan.tile_rows,
                            .packed_stride = plan.tile_rows,
                            .panel_stride = 0},
                           packed);
    }
  }
}

// Lists the (packed source pixel, tap) pairs that target pixel (h, w) is the sum of; returns their number.
std::int64_t list_pairs(const GatherPlan& plan, const GatherItem& item, std::int64_t h, std::int64_t w) {
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < plan.shape.r; ++r) {
    const std::int64_t source_h = plan.rows.source_of(h, r);
    if (source_h < 0) continue;
    for (std::int64_t s = 0; s < plan.shape.s(); ++s) {
      const std::int64_t source_w = plan.columns.source_of(w, s);
      if (source_w < 0) continue;
      item.pairs[count++] = {(source_h - item.source_rows.begin) * plan.source.w + source_w, r * plan.shape.s() + s};
    }
  }
  return count;
}

void multiply_item(const SimdKernels& simd, const GatherPlan& plan, const GatherItem& item, const float* filter,
                   const GatherProblem& problem) {
  const Shape4& to = plan.target;
  TileProduct product{.a = item.packed,
                      .b = nullptr,
                      .a_step = plan.source.c * plan.tile_rows,
                      .b_step = plan.source.c * plan.tile_columns,
                      .pairs = item.pairs,
                      .count = 0,
                      .depth = plan.source.c,
                      .c = nullptr,
                      .c_row_stride = to.h * to.w * to.c,
                      .rows = item.images,
                      .columns = 0,
                      .accumulate = problem.accumulate};
  for (std::int64_t panel = item.panels.begin; panel < item.panels.end; ++panel) {
    const std::int64_t first = panel * plan.tile_columns;
    product.b = filter + panel * plan.panel_floats;
    product.columns = std::min(plan.tile_columns, to.c - first);
    for (std::int64_t h = item.target_rows.begin; h < item.target_rows.end; ++h) {
      for (std::int64_t w = 0; w < to.w; ++w) {
        product.count = list_pairs(plan, item, h, w);
        product.c = problem.target + ((item.first_image * to.h + h) * to.w + w) * to.c + first;
        simd.multiply_tile(product);
        finish_part(problem, simd.rows_fp32, product.c, first, product.rows, product.c_row_stride, product.columns);
      }
    }
  }
}

}  // namespace

void direct_gather(CpuContext<float>& context, const GatherProblem& problem) {
  const GatherPlan plan(problem.gather, problem.shape, context.simd().tile_rows, context.simd().tile_columns);
  WorkspaceLayout shared;
  WorkspaceLayout scratch;
  shared.add(static_cast<std::size_t>(plan.panels * plan.panel_floats));
  const std::size_t packed_at = scratch.add(static_cast<std::size_t>(plan.packed_floats));
  const std::size_t pairs_at = scratch.add(static_cast<std::size_t>(plan.shape.r * plan.shape.s()), sizeof(TilePair));
  Workspace& workspace = context.workspace();
  workspace.reserve(shared.bytes(), scratch.bytes());

  float* filter = workspace.shared();
  pack_filter(context, plan, problem.w, filter);
  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t group = index % plan.panel_groups;
    const std::int64_t band = index / plan.panel_groups % plan.bands;
    const Span images = span_of({plan.source.n, plan.tile_rows}, index / plan.panel_groups / plan.bands);
    float* memory = workspace.of_thread(thread);
    GatherItem item{.first_image = images.begin,
                    .images = images.length(),
                    .target_rows = span_of({plan.target.h, plan.band_rows}, band),
                    .source_rows = {},
                    .panels = span_of({plan.panels, plan.panels_per_group}, group),
                    .packed = memory + packed_at,
                    .pairs = reinterpret_cast<TilePair*>(memory + pairs_at)};
    item.source_rows = sources_of(plan.rows, item.target_rows);
    pack_source(context.simd(), plan, item, problem.source);
    multiply_item(context.simd(), plan, item, filter, problem);
  });
}

}  // namespace kindling
