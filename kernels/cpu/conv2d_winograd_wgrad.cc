#include "kernels/cpu/conv2d_wgrad_slices.h"
#include "kernels/cpu/conv2d_winograd.h"
#include "kernels/cpu/conv2d_winograd_plan.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// One item of the plan, a block of its tiles, and scratch memory (WinogradWgradPlan says how it lies).
struct WinogradWgradItem {
  Span tiles;
  Span k;
  Span c;
  float* dy;
  float* x;
  float* sums;
};

void transform_operands(const WinogradKernels& winograd, const WinogradWgradPlan& plan, const WinogradWgradItem& item,
                        const WgradProblem& problem) {
  for (std::int64_t tile = item.tiles.begin; tile < item.tiles.end; ++tile) {
    WinogradTiles::Place first = plan.tiles.place(tile);
    ToWinograd dy = square_of(problem.dy, plan.shape.y_shape(), first, winograd.outputs);
    dy.pixels += item.k.begin;
    dy.channels = item.k.length();
    dy.transform = item.dy + (tile - item.tiles.begin) * plan.dy_at.tile;
    dy.transform_stride = plan.dy_at.element;
    winograd.output_gradient(dy);

    first.h -= plan.shape.pad;
    first.w -= plan.shape.pad;
    ToWinograd x = square_of(problem.x, plan.shape.x_shape(), first, winograd.extent());
    x.pixels += item.c.begin;
    x.channels = item.c.length();
    x.transform = item.x + (tile - item.tiles.begin) * plan.x_at.tile;
    x.transform_stride = plan.x_at.element;
    winograd.input(x);
  }
}

// Adds the block's products to the sums: one small matrix product for each element of the transform.
void multiply_operands(const SimdKernels& simd, const WinogradWgradPlan& plan, const WinogradWgradItem& item,
                       bool accumulate) {
  const Tiles rows{item.k.length(), simd.tile_rows};
  const Tiles columns{item.c.length(), simd.tile_columns};
  const std::int64_t calls = rows.count() * columns.count();
  const std::int64_t tiles = item.tiles.length();
  const std::int64_t sums_of_rows = simd.tile_rows * plan.sums_at.tile;
  StridedProduct product{.a = nullptr,
                         .a_row_stride = 1,
                         .a_depth_stride = plan.dy_at.tile,
                         .b = nullptr,
                         .b_stride = plan.x_at.tile,
                         .depth = tiles,
                         .c = nullptr,
                         .c_row_stride = plan.sums_at.tile,
                         .rows = 0,
                         .accumulate = accumulate,
                         .soon = nullptr,  // the sums of the next rows
                         .soon_step = Tiles{sums_of_rows, columns.count() * tiles}.count(),
                         .later = nullptr,  // dy and x of the next element
                         .later_step = Tiles{plan.dy_at.element, calls * tiles}.count()};
  for (std::int64_t element = 0; element < plan.elements; ++element) {
    product.later = item.dy + (element + 1) * plan.dy_at.element;
    for (std::int64_t i = 0; i < rows.count(); ++i) {
      product.a = item.dy + element * plan.dy_at.element + rows.begin(i);
      product.b = item.x + element * plan.x_at.element;
      product.c = item.sums + element * plan.sums_at.element + i * sums_of_rows;
      product.soon = product.c + sums_of_rows;
      product.rows = rows.length(i);
      for (std::int64_t j = 0; j < columns.count(); ++j) {
        simd.multiply_strided(product);
        product.b += simd.tile_columns;
        product.c += simd.tile_columns;
        product.soon += tiles * product.soon_step;
        product.later += tiles * product.later_step;
      }
    }
  }
}

void transform_sums(const WinogradKernels& winograd, const WinogradWgradPlan& plan, const WinogradWgradItem& item,
                    float* dw) {
  const std::int64_t c = plan.shape.c;
  for (std::int64_t k = item.k.begin; k < item.k.end; ++k) {
    winograd.filter_gradient({.transform = item.sums + (k - item.k.begin) * plan.sums_at.tile,
                              .transform_stride = plan.sums_at.element,
                              .pixels = dw + k * 9 * c + item.c.begin,
                              .row_stride = 3 * c,
                              .column_stride = c,
                              .rows = 3,
                              .columns = 3,
                              .channels = item.c.length(),
                              .accumulate = false});
  }
}

// A block of dw over a slice of the tile blocks.
void run_item(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradWgradPlan& plan,
              WinogradWgradItem item, const Span& slice, const WgradProblem& problem, float* dw) {
  for (std::int64_t block = slice.begin; block < slice.end; ++block) {
    item.tiles = span_of(plan.tile_blocks, block);
    transform_operands(winograd, plan, item, problem);
    multiply_operands(simd, plan, item, block > slice.begin);
  }
  transform_sums(winograd, plan, item, dw);
}

// Where the arrays of a call lie in the workspace.
struct WinogradWgradScratch {
  WinogradWgradScratch(const WinogradWgradPlan& plan, Workspace& workspace) {
    WorkspaceLayout shared;
    WorkspaceLayout of_thread;
    const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
    if (plan.slices > 1) shared.add(size(plan.slices * plan.shape.filter_elements()));
    of_thread.add(size(plan.elements * plan.dy_at.element));
    sums = of_thread.add(size(plan.elements * plan.sums_at.element));
    workspace.reserve(shared.bytes(), of_thread.bytes());
  }

  std::size_t sums;
};

}  // namespace

void winograd_wgrad(CpuContext<float>& context, const WinogradKernels& winograd, const WgradProblem& problem) {
  const SimdKernels& simd = context.simd();
  const WinogradWgradPlan plan(problem.shape, winograd, simd);
  const HostView<float> dw = problem.dw;
  Workspace& workspace = context.workspace();
  const WinogradWgradScratch scratch(plan, workspace);
  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t c_block = index % plan.c_blocks.count();
    const std::int64_t k_block = index / plan.c_blocks.count() % plan.k_blocks.count();
    const std::int64_t slice = index / plan.c_blocks.count() / plan.k_blocks.count();
    const std::int64_t blocks = plan.tile_blocks.count();
    float* memory = workspace.of_thread(thread);
    const WinogradWgradItem item{.tiles = {},
                                 .k = span_of(plan.k_blocks, k_block),
                                 .c = span_of(plan.c_blocks, c_block),
                                 .dy = memory,
                                 .x = memory + plan.x_offset,
                                 .sums = memory + scratch.sums};
    float* target = plan.slices > 1 ? workspace.shared() + slice * dw.size() : dw.data();
    run_item(simd, winograd, plan, item, {slice * blocks / plan.slices, (slice + 1) * blocks / plan.slices}, problem,
             target);
  });
  if (plan.slices > 1) add_slices(context.threads(), workspace.shared(), plan.slices, dw);
}

}  // namespace kindling
