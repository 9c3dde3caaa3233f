#include "kernels/cpu/conv2d_winograd.h"

#include <algorithm>

#include "kernels/cpu/conv2d_winograd_plan.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

constexpr std::int64_t kTaps = 9;
// Source channels whose taps are packed at a time, to stay in the L1 cache.
constexpr std::int64_t kFilterChannels = 32;

// Some source channels of a panel of the filter's transform, and scratch memory.
struct FilterPart {
  std::int64_t panel;
  Span channels;
  float* taps;  // [tap][channel][target channel within the panel]
};

// The filter is K,R,S,C. In the forward pass the target channels are k: taps are transposed first. In dgrad they are c,
// innermost already, and the taps are those of the filter turned by half a turn.
void transform_filter_part(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                           const GatherProblem& problem, const FilterPart& part, float* transformed) {
  const std::int64_t width = simd.tile_columns;
  const std::int64_t c = problem.shape.c;
  const std::int64_t first = plan.panels.begin(part.panel);
  const std::int64_t length = part.channels.length();
  ToWinograd filter{.pixels = nullptr,
                    .row_stride = 0,
                    .column_stride = 0,
                    .row_begin = 0,
                    .row_end = 3,
                    .column_begin = 0,
                    .column_end = 3,
                    .channels = 0,
                    .transform = transformed + part.panel * plan.panel_floats + part.channels.begin * width,
                    .transform_stride = plan.source.c * width};
  if (problem.gather == Gather::kForward) {
    for (std::int64_t tap = 0; tap < kTaps; ++tap) {
      simd.pack_transposed({.source = problem.w + (first * kTaps + tap) * c + part.channels.begin,
                            .row_stride = kTaps * c,
                            .rows = plan.panels.length(part.panel),
                            .columns = length,
                            .width = width,
                            .packed_stride = width,
                            .panel_stride = 0},
                           part.taps + tap * length * width);
    }
    filter.pixels = part.taps;
    filter.column_stride = length * width;
    filter.row_stride = 3 * filter.column_stride;
    filter.channels = length * width;
    winograd.filter(filter);
    return;
  }
  filter.column_stride = -c;
  filter.row_stride = -3 * c;
  filter.channels = plan.panels.length(part.panel);
  for (std::int64_t k = part.channels.begin; k < part.channels.end; ++k) {
    filter.pixels = problem.w + (k * kTaps + kTaps - 1) * c + first;
    winograd.filter(filter);
    filter.transform += width;
  }
}

// One item of the plan, and its scratch memory.
struct WinogradItem {
  Span tiles;
  Span panels;
  float* source;   // transforms
  float* product;  // of a pass
};

void transform_source(const WinogradKernels& winograd, const WinogradPlan& plan, const WinogradItem& item,
                      const float* source) {
  for (std::int64_t tile = item.tiles.begin; tile < item.tiles.end; ++tile) {
    WinogradTiles::Place first = plan.tiles.place(tile);
    first.h -= plan.pad;
    first.w -= plan.pad;
    ToWinograd square = square_of(source, plan.source, first, winograd.extent());
    square.transform = item.source + (tile - item.tiles.begin) * plan.source_at.tile;
    square.transform_stride = plan.source_at.element;
    winograd.input(square);
  }
}

// The product of a pass: one small matrix product for each element of the transform.
void multiply_pass(const SimdKernels& simd, const WinogradPlan& plan, const WinogradItem& item, const Span& pass,
                   const float* filter) {
  const Tiles rows{item.tiles.length(), simd.tile_rows};
  const std::int64_t panel_floats = plan.source.c * simd.tile_columns;  // of one element
  const std::int64_t products = plan.elements * pass.length();
  const auto panel_of = [&](std::int64_t index) {
    const std::int64_t next = std::min(index, products - 1);
    return filter + (pass.begin + next % pass.length()) * plan.panel_floats + next / pass.length() * panel_floats;
  };
  StridedProduct product{.a = nullptr,
                         .a_row_stride = plan.source_at.tile,
                         .a_depth_stride = 1,
                         .b = nullptr,
                         .b_stride = simd.tile_columns,
                         .depth = plan.source.c,
                         .c = nullptr,
                         .c_row_stride = plan.product_at.tile,
                         .rows = 0,
                         .accumulate = false,
                         .soon = nullptr,  // the rows after these
                         .soon_step = simd.tile_rows,
                         .later = nullptr,  // the panel after this
                         .later_step = Tiles{simd.tile_columns, rows.count()}.count()};
  for (std::int64_t index = 0; index < products; ++index) {
    const std::int64_t element = index / pass.length();
    product.b = panel_of(index);
    product.later = panel_of(index + 1);
    product.a = item.source + element * plan.source_at.element;
    product.c = item.product + element * plan.product_at.element + index % pass.length() * simd.tile_columns;
    for (std::int64_t i = 0; i < rows.count(); ++i) {
      product.rows = rows.length(i);
      product.soon = product.a + simd.tile_rows * plan.source_at.tile;
      simd.multiply_strided(product);
      product.a = product.soon;
      product.c += simd.tile_rows * plan.product_at.tile;
      product.later += product.depth * product.later_step;
    }
  }
}

void transform_product(const WinogradKernels& winograd, const WinogradPlan& plan, const WinogradItem& item,
                       const Span& channels, const GatherProblem& problem) {
  const Shape4& to = plan.target;
  for (std::int64_t tile = item.tiles.begin; tile < item.tiles.end; ++tile) {
    const WinogradTiles::Place first = plan.tiles.place(tile);
    winograd.output(
        {.transform = item.product + (tile - item.tiles.begin) * plan.product_at.tile,
         .transform_stride = plan.product_at.element,
         .pixels = problem.target + ((first.image * to.h + first.h) * to.w + first.w) * to.c + channels.begin,
         .row_stride = to.w * to.c,
         .column_stride = to.c,
         .rows = to.h - first.h,
         .columns = to.w - first.w,
         .channels = channels.length(),
         .accumulate = problem.accumulate});
  }
}

// Where the arrays of a call lie in the workspace.
struct WinogradScratch {
  WinogradScratch(const WinogradPlan& plan, const SimdKernels& simd, Workspace& workspace) {
    WorkspaceLayout shared;
    WorkspaceLayout of_thread;
    const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
    shared.add(size(plan.panels.count() * plan.panel_floats));
    of_thread.add(
        std::max(size(plan.elements * plan.source_at.element), size(kTaps * kFilterChannels * simd.tile_columns)));
    product = of_thread.add(size(plan.elements * plan.product_at.element));
    workspace.reserve(shared.bytes(), of_thread.bytes());
  }

  std::size_t product;
};

}  // namespace

void winograd_gather(CpuContext<float>& context, const WinogradKernels& winograd, const GatherProblem& problem) {
  const SimdKernels& simd = context.simd();
  const WinogradPlan plan(problem, winograd, simd);
  Workspace& workspace = context.workspace();
  const WinogradScratch scratch(plan, simd, workspace);
  float* filter = workspace.shared();

  const Tiles parts{plan.source.c, kFilterChannels};
  parallel_for(context.threads(), plan.panels.count() * parts.count(), [&](std::int64_t index, int thread) {
    const FilterPart part{.panel = index / parts.count(),
                          .channels = span_of(parts, index % parts.count()),
                          .taps = workspace.of_thread(thread)};
    transform_filter_part(simd, winograd, plan, problem, part, filter);
  });
  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    float* memory = workspace.of_thread(thread);
    const WinogradItem item{.tiles = span_of(plan.tile_blocks, index / plan.panel_groups.count()),
                            .panels = span_of(plan.panel_groups, index % plan.panel_groups.count()),
                            .source = memory,
                            .product = memory + scratch.product};
    transform_source(winograd, plan, item, problem.source);
    for (std::int64_t begin = item.panels.begin; begin < item.panels.end; begin += plan.pass_panels) {
      const Span pass{begin, std::min(begin + plan.pass_panels, item.panels.end)};
      multiply_pass(simd, plan, item, pass, filter);
      const std::int64_t end = std::min(plan.panels.begin(pass.end), plan.target.c);
      transform_product(winograd, plan, item, {plan.panels.begin(begin), end}, problem);
    }
  });
}

}  // namespace kindling
