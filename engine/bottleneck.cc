#include "engine/bottleneck.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/core/error.h"

namespace kindling {
namespace {

struct Stage {
  Bottleneck bottleneck;
  double ms;
};

// The slowest first.
std::array<Stage, 4> stages_of(const BatchCosts& costs) {
  std::array<Stage, 4> stages{Stage{Bottleneck::kCompute, costs.compute_ms},
                              {Bottleneck::kLoader, costs.loader_ms},
                              {Bottleneck::kLaunch, costs.launch_ms},
                              {Bottleneck::kCopy, costs.copy_ms}};
  std::stable_sort(stages.begin(), stages.end(), [](const Stage& a, const Stage& b) { return a.ms > b.ms; });
  return stages;
}

const char* work_of(Bottleneck stage) {
  switch (stage) {
    case Bottleneck::kLoader:
      return "loading";
    case Bottleneck::kCopy:
      return "copying to the device";
    case Bottleneck::kLaunch:
      return "launching";
    default:
      return "computing";
  }
}

}  // namespace

BatchCosts batch_costs(const PhaseTimes& phases, const DeviceTimes& device, double loader_busy_s, std::int64_t workers,
                       std::int64_t batches) {
  require(batches > 0 && workers >= 0, "costs of no batch");
  const double per_batch_ms = 1e3 / static_cast<double>(batches);
  const double host_s =
      phases.seconds(Phase::kForward) + phases.seconds(Phase::kBackward) + phases.seconds(Phase::kOptimizer);
  const double device_ms = device.forward_ms + device.backward_ms + device.optimizer_ms;
  return {.loader_ms = per_batch_ms * loader_busy_s / static_cast<double>(std::max(workers, std::int64_t{1})),
          .copy_ms = per_batch_ms * (phases.seconds(Phase::kCopy) + device.copy_ms * 1e-3),
          .launch_ms = per_batch_ms * phases.seconds(Phase::kLaunch),
          .compute_ms = per_batch_ms * (host_s + device_ms * 1e-3)};
}

const char* name_of(Bottleneck bottleneck) {
  switch (bottleneck) {
    case Bottleneck::kLoader:
      return "loader";
    case Bottleneck::kCopy:
      return "copy";
    case Bottleneck::kLaunch:
      return "launch";
    case Bottleneck::kCompute:
      return "compute";
    case Bottleneck::kBalanced:
      break;
  }
  return "balanced";
}

Verdict judge(const BatchCosts& costs) {
  const std::array<Stage, 4> stages = stages_of(costs);
  if (stages[0].ms <= 0) return {};
  const double margin = stages[1].ms > 0 ? stages[0].ms / stages[1].ms - 1 : std::numeric_limits<double>::infinity();
  return {margin <= kBalancedMargin ? Bottleneck::kBalanced : stages[0].bottleneck, margin};
}

std::string explain(const Verdict& verdict, const BatchCosts& costs, std::int64_t workers) {
  const std::array<Stage, 4> stages = stages_of(costs);
  const std::string by =
      workers == 0 ? "the trainer itself" : fmt::format("{} worker{}", workers, workers == 1 ? "" : "s");
  const std::string figures =
      fmt::format("a batch takes {:.2f} ms of {} and {:.2f} ms of {} (loading by {})", stages[0].ms,
                  work_of(stages[0].bottleneck), stages[1].ms, work_of(stages[1].bottleneck), by);
  if (verdict.bottleneck == Bottleneck::kBalanced) return "balanced: " + figures;
  return fmt::format("{}-bound: {}", name_of(verdict.bottleneck), figures);
}

}  // namespace kindling
