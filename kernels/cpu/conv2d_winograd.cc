#include "kernels/cpu/conv2d_winograd.h"

#include <algorithm>

#include "kernels/cpu/conv2d_winograd_parts.h"
#include "kernels/cpu/conv2d_winograd_plan.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// What both ways of winograd_gather work on.
struct WinogradCall {
  CpuContext<float>& context;
  const WinogradKernels& winograd;
  const WinogradPlan& plan;
  const GatherProblem& problem;
};

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

std::int64_t taps_floats(const SimdKernels& simd) {
  return FilterPart::kTaps * FilterPart::kMostChannels * simd.tile_columns;
}

// The target channels of some panels.
Span channels_of(const WinogradPlan& plan, const Span& panels) {
  return {plan.panels.begin(panels.begin), std::min(plan.panels.begin(panels.end), plan.target.c)};
}

void transform_whole_filter(const WinogradCall& call, float* filter) {
  const WinogradPlan& plan = call.plan;
  const std::int64_t width = call.context.simd().tile_columns;
  const Tiles parts{plan.source.c, FilterPart::kMostChannels};
  parallel_for(call.context.threads(), plan.panels.count() * parts.count(), [&](std::int64_t index, int thread) {
    const std::int64_t panel = index / parts.count();
    const Span channels = span_of(parts, index % parts.count());
    transform_filter(call.context.simd(), call.winograd, plan, call.problem,
                     {.panel = panel,
                      .channels = channels,
                      .transform = filter + panel * plan.panel_floats + channels.begin * width,
                      .transform_stride = plan.source.c * width,
                      .taps = call.context.workspace().of_thread(thread)});
  });
}

void gather_many_tiles(const WinogradCall& call) {
  const WinogradPlan& plan = call.plan;
  const SimdKernels& simd = call.context.simd();
  Workspace& workspace = call.context.workspace();
  WorkspaceLayout shared;
  WorkspaceLayout of_thread;
  shared.add(size(plan.panels.count() * plan.panel_floats));
  of_thread.add(size(std::max(plan.source_floats(), taps_floats(simd))));
  const std::size_t product_at = of_thread.add(size(plan.product_floats()));
  workspace.reserve(shared.bytes(), of_thread.bytes());

  transform_whole_filter(call, workspace.shared());
  const std::int64_t groups = plan.panel_groups.count();
  parallel_for(call.context.threads(), plan.tile_blocks.count() * groups, [&](std::int64_t index, int thread) {
    float* source = workspace.of_thread(thread);
    float* product = source + product_at;
    const Span tiles = span_of(plan.tile_blocks, index / groups);
    const Span panels = span_of(plan.panel_groups, index % groups);
    transform_source(call.winograd, plan, call.problem.source, {tiles, {0, plan.source.c}, source});
    for (std::int64_t begin = panels.begin; begin < panels.end; begin += plan.pass_panels) {
      const Span pass{begin, std::min(begin + plan.pass_panels, panels.end)};
      multiply_pass(simd, plan,
                    {.tiles = tiles.length(),
                     .panels = pass.length(),
                     .depth = plan.source.c,
                     .source = source,
                     .filter = workspace.shared() + begin * plan.panel_floats,
                     .product = product,
                     .accumulate = false});
      transform_product(simd, call.winograd, plan, call.problem, {tiles, channels_of(plan, pass), product});
    }
  });
}

void transform_whole_source(const WinogradCall& call, float* transforms) {
  const WinogradPlan& plan = call.plan;
  const Tiles pieces{plan.tiles.count(), 8};
  parallel_for(call.context.threads(), plan.depth.count() * pieces.count(), [&](std::int64_t index, int /*thread*/) {
    const std::int64_t block = index / pieces.count();
    const Span tiles = span_of(pieces, index % pieces.count());
    float* first = transforms + block * plan.source_floats() + tiles.begin * plan.source_at.tile;
    transform_source(call.winograd, plan, call.problem.source, {tiles, span_of(plan.depth, block), first});
  });
}

void gather_few_tiles(const WinogradCall& call) {
  const WinogradPlan& plan = call.plan;
  const SimdKernels& simd = call.context.simd();
  Workspace& workspace = call.context.workspace();
  WorkspaceLayout shared;
  WorkspaceLayout of_thread;
  shared.add(size(plan.depth.count() * plan.source_floats()));
  of_thread.add(size(taps_floats(simd)));
  const std::size_t filter_at = of_thread.add(size(plan.panel_floats));
  const std::size_t product_at = of_thread.add(size(plan.product_floats()));
  workspace.reserve(shared.bytes(), of_thread.bytes());

  transform_whole_source(call, workspace.shared());
  parallel_for(call.context.threads(), plan.panels.count(), [&](std::int64_t panel, int thread) {
    float* taps = workspace.of_thread(thread);
    float* filter = taps + filter_at;
    float* product = taps + product_at;
    for (std::int64_t block = 0; block < plan.depth.count(); ++block) {
      const Span channels = span_of(plan.depth, block);
      const Tiles parts{channels.length(), FilterPart::kMostChannels};
      for (std::int64_t part = 0; part < parts.count(); ++part) {
        const Span within = span_of(parts, part);
        transform_filter(simd, call.winograd, plan, call.problem,
                         {.panel = panel,
                          .channels = {channels.begin + within.begin, channels.begin + within.end},
                          .transform = filter + within.begin * simd.tile_columns,
                          .transform_stride = plan.depth.size * simd.tile_columns,
                          .taps = taps});
      }
      multiply_pass(simd, plan,
                    {.tiles = plan.tiles.count(),
                     .panels = 1,
                     .depth = channels.length(),
                     .source = workspace.shared() + block * plan.source_floats(),
                     .filter = filter,
                     .product = product,
                     .accumulate = block > 0});
    }
    transform_product(simd, call.winograd, plan, call.problem,
                      {{0, plan.tiles.count()}, channels_of(plan, {panel, panel + 1}), product});
  });
}

}  // namespace

void winograd_gather(CpuContext<float>& context, const WinogradKernels& winograd, const GatherProblem& problem) {
  const WinogradPlan plan(problem, winograd, context.simd());
  const WinogradCall call{context, winograd, plan, problem};
  return plan.few_tiles ? gather_few_tiles(call) : gather_many_tiles(call);
}

}  // namespace kindling
