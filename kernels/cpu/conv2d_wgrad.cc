#include <algorithm>

#include "kernels/cpu/conv2d_direct.h"
#include "kernels/cpu/conv2d_wgrad_band.h"
#include "kernels/cpu/conv2d_wgrad_plan.h"
#include "kernels/cpu/conv2d_wgrad_slices.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// The item's block of dw (+)= what the band adds.
void multiply_band(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, float* dw, bool accumulate) {
  const Tiles k_tiles{band.k.length(), plan.tile_rows};
  const Tiles column_tiles{band.columns.length(), plan.tile_columns};
  TileProduct product{.a = nullptr,
                      .b = nullptr,
                      .a_step = band.images * plan.tile_rows,
                      .b_step = band.images * plan.tile_columns,
                      .pairs = band.pairs,
                      .count = 0,
                      .depth = band.images,
                      .c = nullptr,
                      .c_row_stride = plan.patch(),
                      .rows = 0,
                      .columns = 0,
                      .accumulate = accumulate};
  for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
    product.count = list_pairs(plan, band, tap);
    for (std::int64_t j = 0; j < column_tiles.count(); ++j) {
      product.b = band.b + j * band.b_pixels(plan) * product.b_step;
      product.columns = column_tiles.length(j);
      for (std::int64_t i = 0; i < k_tiles.count(); ++i) {
        product.a = band.a + i * band.a_pixels(plan) * product.a_step;
        product.rows = k_tiles.length(i);
        product.c = dw + (band.k.begin + k_tiles.begin(i)) * plan.patch() + tap * plan.shape.c + band.columns.begin +
                    column_tiles.begin(j);
        simd.multiply_tile(product);
      }
    }
  }
}

// A block of dw over a slice of the image blocks.
void run_item(const SimdKernels& simd, const WgradPlan& plan, WgradBand band, const Span& slice, const float* x,
              const float* dy, float* dw) {
  bool accumulate = false;
  for (std::int64_t block = slice.begin; block < slice.end; ++block) {
    band.first_image = plan.image_blocks.begin(block);
    band.images = plan.image_blocks.length(block);
    for (std::int64_t index = 0; index < plan.bands.count(); ++index) {
      band.p = span_of(plan.bands, index);
      band.h = sources_of(plan.rows, band.p);
      pack_dy(simd, plan, band, dy);
      pack_x(simd, plan, band, x);
      multiply_band(simd, plan, band, dw, accumulate);
      accumulate = true;
    }
  }
}

// Where the arrays of a call lie in the workspace.
struct WgradScratch {
  WgradScratch(const WgradPlan& plan, Workspace& workspace) {
    WorkspaceLayout shared;
    WorkspaceLayout of_thread;
    const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
    if (plan.slices > 1) shared.add(size(plan.slices * plan.shape.filter_elements()));
    of_thread.add(size(plan.a_floats));
    b = of_thread.add(size(plan.b_floats));
    patches = of_thread.add(plan.unfolded ? size(plan.shape.q() * plan.patch()) : 0);
    pairs = of_thread.add(size(plan.bands.size * plan.shape.q()), sizeof(TilePair));
    workspace.reserve(shared.bytes(), of_thread.bytes());
  }

  std::size_t b;
  std::size_t patches;
  std::size_t pairs;
};

}  // namespace

void direct_wgrad(CpuContext<float>& context, const WgradProblem& problem) {
  const WgradPlan plan(problem.shape, context.simd());
  const HostView<float> dw = problem.dw;
  Workspace& workspace = context.workspace();
  const WgradScratch scratch(plan, workspace);
  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t column_block = index % plan.column_blocks.count();
    const std::int64_t k_block = index / plan.column_blocks.count() % plan.k_blocks.count();
    const std::int64_t slice = index / plan.column_blocks.count() / plan.k_blocks.count();
    const std::int64_t blocks = plan.image_blocks.count();
    float* memory = workspace.of_thread(thread);
    const WgradBand band{.first_image = 0,
                         .images = 0,
                         .p = {},
                         .h = {},
                         .k = span_of(plan.k_blocks, k_block),
                         .columns = span_of(plan.column_blocks, column_block),
                         .a = memory,
                         .b = memory + scratch.b,
                         .patches = memory + scratch.patches,
                         .pairs = reinterpret_cast<TilePair*>(memory + scratch.pairs)};
    float* target = plan.slices > 1 ? workspace.shared() + slice * dw.size() : dw.data();
    run_item(context.simd(), plan, band, {slice * blocks / plan.slices, (slice + 1) * blocks / plan.slices}, problem.x,
             problem.dy, target);
  });
  if (plan.slices > 1) add_slices(context.threads(), workspace.shared(), plan.slices, dw);
}

}  // namespace kindling
