#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/bottleneck.h"
#include "engine/trainer.h"
#include "kernels/reference/reference_context.h"
#include "tests/engine/simulated_pipeline.h"
#include "tests/support/random_values.h"

// Where the trainer says that time went, in pipelines whose costs the test sets (simulated_pipeline.h).

namespace kindling::test {
namespace {

using Context = ReferenceContext<float>;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kBatches = 200;
constexpr std::int64_t kSlots = 6;

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

struct Measured {
  PhaseTimes phases;
  DeviceTimes device;
  double loader_busy_s = 0;
  std::int64_t wall_ns = 0;

  double share(Phase phase) const { return static_cast<double>(phases.ns(phase)) / static_cast<double>(wall_ns); }
};

// An epoch by the real trainer.
template <class Step>
Measured train(const SimulatedCosts& costs, std::int64_t workers, std::int64_t loader_ns) {
  Context context;
  Network<Context> network(context, {.width = 1}, 1);
  const SlotPool<Context> slots(context, kSlots, 1);
  VirtualTime time;
  PhaseAccount account(time.clock());
  SimulatedLoader loader(time, kBatches, kSlots, workers, loader_ns);
  Step step(time, account, costs);
  SilentObserver observer;
  TrainerOptions options{.epochs = 1, .learning_rate = [](std::int64_t /*step*/) { return 0.1; }};
  options.account = &account;
  Trainer<Context, SimulatedLoader, Step, Step> trainer(step, step, network.parameters(), options, observer);
  TrainingState state;
  const std::int64_t begin = time.now;
  trainer.run(state, {loader, slots}, std::optional<BatchFeed<Context, SimulatedLoader>>());
  EXPECT_NEAR(observer.epoch.seconds.wall, static_cast<double>(time.now - begin) * 1e-9, 1e-9);
  return {observer.epoch.seconds.phases, observer.device, loader.busy_s(), time.now - begin};
}

SimulatedCosts compute_of(std::int64_t ns) {
  return {.forward_ns = ns / 3, .backward_ns = ns * 6 / 10, .optimizer_ns = ns / 30};
}

TEST(Accounting, PhasesAddUpToTheWallTime) {
  for (const std::int64_t loader_ms : {1, 8, 20}) {
    const auto on_host = train<SimulatedHostStep>(compute_of(8 * kMillisecond), 1, loader_ms * kMillisecond);
    EXPECT_EQ(on_host.phases.total_ns(), on_host.wall_ns);
    const auto on_device = train<SimulatedDeviceStep>(compute_of(8 * kMillisecond), 1, loader_ms * kMillisecond);
    EXPECT_EQ(on_device.phases.total_ns(), on_device.wall_ns);
    EXPECT_LE(on_device.share(Phase::kOther), 0.02);
  }
}

TEST(Accounting, DelaysInLoadingAreWaitsForData) {
  const SimulatedCosts costs = compute_of(2 * kMillisecond);
  const auto before = train<SimulatedHostStep>(costs, 1, 4 * kMillisecond);
  const auto after = train<SimulatedHostStep>(costs, 1, 24 * kMillisecond);
  const std::int64_t delay = after.wall_ns - before.wall_ns;
  EXPECT_GE(delay, 19 * kMillisecond * kBatches);
  EXPECT_GE(after.phases.ns(Phase::kData) - before.phases.ns(Phase::kData), delay * 95 / 100);
}

TEST(Accounting, DelaysInComputingAreOfThePhaseTheyAreIn) {
  SimulatedCosts costs = compute_of(2 * kMillisecond);
  const auto before = train<SimulatedHostStep>(costs, 2, kMillisecond);
  constexpr std::pair<Phase, std::int64_t SimulatedCosts::*> kPhases[] = {
      {Phase::kCopy, &SimulatedCosts::copy_ns},
      {Phase::kForward, &SimulatedCosts::forward_ns},
      {Phase::kBackward, &SimulatedCosts::backward_ns},
      {Phase::kOptimizer, &SimulatedCosts::optimizer_ns}};
  for (const auto& [phase, cost] : kPhases) {
    SimulatedCosts delayed = costs;
    delayed.*cost += 20 * kMillisecond;
    const auto after = train<SimulatedHostStep>(delayed, 2, kMillisecond);
    const std::int64_t delay = after.wall_ns - before.wall_ns;
    EXPECT_GE(delay, 19 * kMillisecond * kBatches) << name_of(phase);
    EXPECT_GE(after.phases.ns(phase) - before.phases.ns(phase), delay * 95 / 100) << name_of(phase);
  }
}

TEST(Accounting, TheHostWaitsForASlowDeviceAndLaunchesForAFastOne) {
  const auto slow = train<SimulatedDeviceStep>(compute_of(10 * kMillisecond), 2, kMillisecond);
  EXPECT_GE(slow.share(Phase::kWait), 0.95);
  SimulatedCosts costs = compute_of(kMillisecond);
  costs.launch_ns = 10 * kMillisecond;
  const auto launching = train<SimulatedDeviceStep>(costs, 2, kMillisecond);
  EXPECT_GE(launching.share(Phase::kLaunch), 0.95);
}

// Milliseconds a batch of each stage; the first is the bottleneck by construction.
struct Case {
  Bottleneck truth;
  std::array<double, 4> stage_ms;  // loader, copy, launch, compute
  std::int64_t workers;
};

// Every third case is balanced: its two slowest stages are within 9 %. Else the slowest is at least 15 % slower.
Case make_case(int number, RandomValues& random) {
  const auto between = [&random](double low, double high) { return low + (random.real() + 1) / 2 * (high - low); };
  const bool is_balanced = number % 3 == 0;
  const double slowest = between(1, 20);
  const auto bottleneck = static_cast<std::size_t>(random.integer(0, 3));
  const auto second = (bottleneck + static_cast<std::size_t>(random.integer(1, 3))) % 4;
  Case made{.truth = Bottleneck::kBalanced, .stage_ms = {}, .workers = std::int64_t{1} << random.integer(0, 2)};
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

TEST(Verdict, IsRightInFortyMadePipelines) {
  RandomValues random(7);
  int right = 0;
  for (int number = 0; number < 40; ++number) {
    const Case made = make_case(number, random);
    const auto ns = [&made](std::size_t stage) { return static_cast<std::int64_t>(made.stage_ms[stage] * 1e6); };
    SimulatedCosts costs = compute_of(ns(3));
    costs.copy_ns = ns(1);
    costs.launch_ns = ns(2);
    const auto run = train<SimulatedDeviceStep>(costs, made.workers, ns(0) * made.workers);
    const double slowest = *std::max_element(made.stage_ms.begin(), made.stage_ms.end());
    // The made truth is the true one: the slowest stage sets the pace of the run (but for filling the pipeline).
    EXPECT_NEAR(static_cast<double>(run.wall_ns) * 1e-6 / kBatches, slowest, 0.05 * slowest) << "case " << number;
    const Verdict verdict = judge(batch_costs(run.phases, run.device, run.loader_busy_s, made.workers, kBatches));
    EXPECT_EQ(name_of(verdict.bottleneck), std::string(name_of(made.truth))) << "case " << number;
    right += verdict.bottleneck == made.truth ? 1 : 0;
  }
  EXPECT_EQ(right, 40);
}

TEST(Verdict, SaysItsFigures) {
  const BatchCosts costs{.loader_ms = 3.5, .copy_ms = 0.25, .launch_ms = 0.125, .compute_ms = 1.75};
  const Verdict verdict = judge(costs);
  EXPECT_EQ(verdict.bottleneck, Bottleneck::kLoader);
  EXPECT_DOUBLE_EQ(verdict.margin, 1.0);
  EXPECT_EQ(explain(verdict, costs, 1),
            "loader-bound: a batch takes 3.50 ms of loading and 1.75 ms of computing (loading by 1 worker)");
  const BatchCosts equal{.loader_ms = 2.0, .copy_ms = 0, .launch_ms = 0, .compute_ms = 2.1};
  EXPECT_EQ(explain(judge(equal), equal, 4),
            "balanced: a batch takes 2.10 ms of computing and 2.00 ms of loading (loading by 4 workers)");
  EXPECT_EQ(judge(BatchCosts{}).bottleneck, Bottleneck::kBalanced);
}

}  // namespace
}  // namespace kindling::test
