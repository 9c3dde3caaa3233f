#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

#include "bench/engine/simulated_pipeline.h"
#include "engine/bottleneck.h"
#include "engine/trainer.h"
#include "kernels/reference/reference_context.h"

namespace kindling::bench {

// What an epoch of the real trainer in a simulated pipeline measured.
struct PipelineTimes {
  PhaseTimes phases;
  DeviceTimes device;
  double loader_busy_s = 0;
  std::int64_t wall_ns = 0;  // by the pipeline's own clock
  EpochReport epoch{};

  double share(Phase phase) const { return static_cast<double>(phases.ns(phase)) / static_cast<double>(wall_ns); }
};

class SilentObserver : public TrainingObserver {
 public:
  void batch_finished(const BatchReport& report, const TrainingState& /*state*/) override { device += report.device; }
  void epoch_finished(const EpochReport& report, const TrainingState& /*state*/) override { epoch = report; }
  void evaluation_progressed(std::int64_t /*done*/, std::int64_t /*batches*/) override {}
  bool stop_requested() override { return false; }
  bool evaluation_stop_requested() override { return false; }

  DeviceTimes device;
  EpochReport epoch{};
};

// An epoch of `batches`. `loader_ns`: of all workers' work for a batch.
template <class Step>
PipelineTimes run_pipeline(const SimulatedCosts& costs, std::int64_t workers, std::int64_t loader_ns,
                           std::int64_t batches) {
  using Context = ReferenceContext<float>;
  using Loader = SimulatedLoader<typename Step::Time>;
  constexpr std::int64_t kSlots = 6;
  Context context;
  Network<Context> network(context, {.width = 1}, 1);
  const SlotPool<Context> slots(context, kSlots, 1);
  typename Step::Time time;
  PhaseAccount account(time.clock());
  Loader loader(time, batches, kSlots, workers, loader_ns);
  Step step(time, account, costs);
  SilentObserver observer;
  TrainerOptions options{.epochs = 1, .learning_rate = [](std::int64_t /*step*/) { return 0.1; }};
  options.account = &account;
  Trainer<Context, Loader, Step, Step> trainer(step, step, network.parameters(), options, observer);
  TrainingState state;
  const std::int64_t begin = time.now();
  trainer.run(state, {loader, slots}, std::optional<BatchFeed<Context, Loader>>());
  return {observer.epoch.seconds.phases, observer.device, loader.busy_s(), time.now() - begin, observer.epoch};
}

inline SimulatedCosts compute_of(std::int64_t ns) {
  return {.forward_ns = ns / 3, .backward_ns = ns * 6 / 10, .optimizer_ns = ns / 30};
}

// A pipeline whose bottleneck is known because it was made so.
struct PipelineCase {
  Bottleneck truth = Bottleneck::kBalanced;
  std::array<double, 4> stage_ms{};  // a batch: loader, copy, launch, compute
  std::int64_t workers = 1;
  double slowest_ms = 0;
};

// Every third case is balanced: its two slowest stages are within 9 %. Else the slowest is at least 15 % slower.
inline PipelineCase make_case(int number, std::mt19937_64& random) {
  const auto between = [&random](double low, double high) {
    return low + static_cast<double>(random() >> 11U) * 0x1p-53 * (high - low);
  };
  const bool is_balanced = number % 3 == 0;
  const double slowest = between(1, 20);
  const std::size_t bottleneck = random() % 4;
  const std::size_t second = (bottleneck + 1 + random() % 3) % 4;
  PipelineCase made{.workers = std::int64_t{1} << random() % 3, .slowest_ms = slowest};
  for (double& ms : made.stage_ms) ms = slowest * between(0.02, 0.85);
  made.stage_ms[bottleneck] = slowest;
  if (is_balanced) {
    made.stage_ms[second] = slowest / between(1.001, 1.09);
  } else {
    constexpr Bottleneck kStages[] = {Bottleneck::kLoader, Bottleneck::kCopy, Bottleneck::kLaunch,
                                      Bottleneck::kCompute};
    made.truth = kStages[bottleneck];
  }
  return made;
}

struct CaseResult {
  Verdict verdict;
  double ms_a_batch = 0;  // the run's wall time
};

// The case on a pipeline with a device, by the clock `Time`.
template <class Time>
CaseResult run_case(const PipelineCase& made, std::int64_t batches) {
  const auto ns = [&made](std::size_t stage) { return static_cast<std::int64_t>(made.stage_ms[stage] * 1e6); };
  SimulatedCosts costs = compute_of(ns(3));
  costs.copy_ns = ns(1);
  costs.launch_ns = ns(2);
  const auto run = run_pipeline<SimulatedDeviceStep<Time>>(costs, made.workers, ns(0) * made.workers, batches);
  return {judge(batch_costs(run.phases, run.device, run.loader_busy_s, made.workers, batches)),
          static_cast<double>(run.wall_ns) * 1e-6 / static_cast<double>(batches)};
}

}  // namespace kindling::bench
