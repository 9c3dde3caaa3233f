#include "kernels/cpu/conv2d_winograd_parts.h"

#include <algorithm>

namespace kindling {
namespace {

// All 3 x 3 taps are there.
ToWinograd filter_square(const FilterPart& part) {
  return {.pixels = nullptr,
          .row_stride = 0,
          .column_stride = 0,
          .row_begin = 0,
          .row_end = 3,
          .column_begin = 0,
          .column_end = 3,
          .channels = 0,
          .transform = part.transform,
          .transform_stride = part.transform_stride};
}

// The filter is K,R,S,C, and the target channels are k: the taps are transposed first.
void transform_forward_filter(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                              const float* w, const FilterPart& part) {
  const std::int64_t c = plan.source.c;
  const std::int64_t tap_floats = part.channels.length() * simd.tile_columns;
  for (std::int64_t tap = 0; tap < FilterPart::kTaps; ++tap) {
    simd.pack_transposed(
        {.source = w + (plan.panels.begin(part.panel) * FilterPart::kTaps + tap) * c + part.channels.begin,
         .row_stride = FilterPart::kTaps * c,
         .rows = plan.panels.length(part.panel),
         .columns = part.channels.length(),
         .width = simd.tile_columns,
         .packed_stride = simd.tile_columns,
         .panel_stride = 0},
        part.taps + tap * tap_floats);
  }
  ToWinograd filter = filter_square(part);
  filter.pixels = part.taps;
  filter.column_stride = tap_floats;
  filter.row_stride = 3 * tap_floats;
  filter.channels = tap_floats;
  winograd.filter(filter);
}

// The target channels are c, innermost already. The filter is turned by half a turn: its last tap is read first.
void transform_dgrad_filter(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                            const float* w, const FilterPart& part) {
  const std::int64_t c = plan.target.c;
  ToWinograd filter = filter_square(part);
  filter.column_stride = -c;
  filter.row_stride = -3 * c;
  filter.channels = plan.panels.length(part.panel);
  for (std::int64_t k = part.channels.begin; k < part.channels.end; ++k) {
    filter.pixels = w + (k * FilterPart::kTaps + FilterPart::kTaps - 1) * c + plan.panels.begin(part.panel);
    winograd.filter(filter);
    filter.transform += simd.tile_columns;
  }
}

}  // namespace

void transform_filter(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                      const GatherProblem& problem, const FilterPart& part) {
  if (problem.gather == Gather::kForward) return transform_forward_filter(simd, winograd, plan, problem.w, part);
  transform_dgrad_filter(simd, winograd, plan, problem.w, part);
}

void transform_source(const WinogradKernels& winograd, const WinogradPlan& plan, const float* source,
                      const SourcePart& part) {
  for (std::int64_t tile = part.tiles.begin; tile < part.tiles.end; ++tile) {
    WinogradTiles::Place first = plan.tiles.place(tile);
    first.h -= plan.pad;
    first.w -= plan.pad;
    ToWinograd square = square_of(source, plan.source, first, winograd.extent());
    square.pixels += part.channels.begin;
    square.channels = part.channels.length();
    square.transform = part.transform + (tile - part.tiles.begin) * plan.source_at.tile;
    square.transform_stride = plan.source_at.element;
    winograd.input(square);
  }
}

// One small matrix product for each element of the transform, panel and rows of tiles.
void multiply_pass(const SimdKernels& simd, const WinogradPlan& plan, const WinogradPass& pass) {
  const Tiles rows{pass.tiles, simd.tile_rows};
  const std::int64_t products = plan.elements * pass.panels;
  const auto panel_of = [&](std::int64_t index) {
    const std::int64_t next = std::min(index, products - 1);
    return pass.filter + next % pass.panels * plan.panel_floats +
           next / pass.panels * plan.depth.size * simd.tile_columns;
  };
  StridedProduct product{.a = nullptr,
                         .a_row_stride = plan.source_at.tile,
                         .a_depth_stride = 1,
                         .b = nullptr,
                         .b_stride = simd.tile_columns,
                         .depth = pass.depth,
                         .c = nullptr,
                         .c_row_stride = plan.product_at.tile,
                         .rows = 0,
                         .accumulate = pass.accumulate,
                         .soon = nullptr,  // the rows after these
                         .soon_step = Tiles{simd.tile_rows * plan.source_at.tile, pass.depth}.count(),
                         .later = nullptr,  // the panel after this
                         .later_step = Tiles{simd.tile_columns, rows.count()}.count()};
  for (std::int64_t index = 0; index < products; ++index) {
    const std::int64_t element = index / pass.panels;
    product.b = panel_of(index);
    product.later = panel_of(index + 1);
    product.a = pass.source + element * plan.source_at.element;
    product.c = pass.product + element * plan.product_at.element + index % pass.panels * simd.tile_columns;
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

void transform_product(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                       const GatherProblem& problem, const TargetPart& part) {
  const Shape4& to = plan.target;
  for (std::int64_t tile = part.tiles.begin; tile < part.tiles.end; ++tile) {
    const WinogradTiles::Place at = plan.tiles.place(tile);
    const FromWinograd square{
        .transform = part.product + (tile - part.tiles.begin) * plan.product_at.tile,
        .transform_stride = plan.product_at.element,
        .pixels = problem.target + ((at.image * to.h + at.h) * to.w + at.w) * to.c + part.channels.begin,
        .row_stride = to.w * to.c,
        .column_stride = to.c,
        .rows = std::min(winograd.outputs, to.h - at.h),
        .columns = std::min(winograd.outputs, to.w - at.w),
        .channels = part.channels.length(),
        .accumulate = problem.accumulate};
    winograd.output(square);
    for (std::int64_t i = 0; i < square.rows; ++i) {
      finish_part(problem, simd.rows_fp32, square.pixels + i * square.row_stride, part.channels.begin, square.columns,
                  square.column_stride, square.channels);
    }
  }
}

}  // namespace kindling
