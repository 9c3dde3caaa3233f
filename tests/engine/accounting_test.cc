#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "bench/engine/pipeline_cases.h"

// Where the trainer says that time went, in pipelines whose costs the test sets (bench/engine/simulated_pipeline.h), in
// made-up time. accounting_bench runs the same cases by the clock on the wall.

namespace kindling::test {
namespace {

using bench::compute_of;
using bench::SimulatedCosts;
using HostStep = bench::SimulatedHostStep<bench::VirtualTime>;
using DeviceStep = bench::SimulatedDeviceStep<bench::VirtualTime>;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kBatches = 200;

template <class Step>
bench::PipelineTimes train(const SimulatedCosts& costs, std::int64_t workers, std::int64_t loader_ns) {
  auto times = bench::run_pipeline<Step>(costs, workers, loader_ns, kBatches);
  EXPECT_NEAR(times.epoch.seconds.wall, static_cast<double>(times.wall_ns) * 1e-9, 1e-9);
  return times;
}

TEST(Accounting, PhasesAddUpToTheWallTime) {
  for (const std::int64_t loader_ms : {1, 8, 20}) {
    const auto on_host = train<HostStep>(compute_of(8 * kMillisecond), 1, loader_ms * kMillisecond);
    EXPECT_EQ(on_host.phases.total_ns(), on_host.wall_ns);
    const auto on_device = train<DeviceStep>(compute_of(8 * kMillisecond), 1, loader_ms * kMillisecond);
    EXPECT_EQ(on_device.phases.total_ns(), on_device.wall_ns);
    EXPECT_LE(on_device.share(Phase::kOther), 0.02);
  }
}

TEST(Accounting, DelaysInLoadingAreWaitsForData) {
  const SimulatedCosts costs = compute_of(2 * kMillisecond);
  const auto before = train<HostStep>(costs, 1, 4 * kMillisecond);
  const auto after = train<HostStep>(costs, 1, 24 * kMillisecond);
  const std::int64_t delay = after.wall_ns - before.wall_ns;
  EXPECT_GE(delay, 19 * kMillisecond * kBatches);
  EXPECT_GE(after.phases.ns(Phase::kData) - before.phases.ns(Phase::kData), delay * 95 / 100);
}

TEST(Accounting, DelaysInComputingAreOfThePhaseTheyAreIn) {
  SimulatedCosts costs = compute_of(2 * kMillisecond);
  const auto before = train<HostStep>(costs, 2, kMillisecond);
  constexpr std::pair<Phase, std::int64_t SimulatedCosts::*> kPhases[] = {
      {Phase::kCopy, &SimulatedCosts::copy_ns},
      {Phase::kForward, &SimulatedCosts::forward_ns},
      {Phase::kBackward, &SimulatedCosts::backward_ns},
      {Phase::kOptimizer, &SimulatedCosts::optimizer_ns}};
  for (const auto& [phase, cost] : kPhases) {
    SimulatedCosts delayed = costs;
    delayed.*cost += 20 * kMillisecond;
    const auto after = train<HostStep>(delayed, 2, kMillisecond);
    const std::int64_t delay = after.wall_ns - before.wall_ns;
    EXPECT_GE(delay, 19 * kMillisecond * kBatches) << name_of(phase);
    EXPECT_GE(after.phases.ns(phase) - before.phases.ns(phase), delay * 95 / 100) << name_of(phase);
  }
}

TEST(Accounting, TheHostWaitsForASlowDeviceAndLaunchesForAFastOne) {
  const auto slow = train<DeviceStep>(compute_of(10 * kMillisecond), 2, kMillisecond);
  EXPECT_GE(slow.share(Phase::kWait), 0.95);
  SimulatedCosts costs = compute_of(kMillisecond);
  costs.launch_ns = 10 * kMillisecond;
  const auto launching = train<DeviceStep>(costs, 2, kMillisecond);
  EXPECT_GE(launching.share(Phase::kLaunch), 0.95);
}

TEST(Verdict, IsRightInFortyMadePipelines) {
  std::mt19937_64 random(7);
  for (int number = 0; number < 40; ++number) {
    const bench::PipelineCase made = bench::make_case(number, random);
    const bench::CaseResult result = bench::run_case<bench::VirtualTime>(made, kBatches);
    // The made truth is the true one: the slowest stage sets the pace of the run (but for filling the pipeline).
    EXPECT_NEAR(result.ms_a_batch, made.slowest_ms, 0.05 * made.slowest_ms) << "case " << number;
    EXPECT_EQ(name_of(result.verdict.bottleneck), std::string(name_of(made.truth))) << "case " << number;
  }
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
