// Runs on the CUDA backend beside the same runs on the CPU, with each norm and optimizer: steps as they are, captured
// and replayed, in all lanes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/cpu/cpu_context.h"
#include "kernels/cuda/cuda_context.h"
#include "tests/engine/training_state.h"
#include "tests/support/source_path.h"

namespace kindling {
namespace {

using Case = std::tuple<NormKind, OptimizerKind>;

// Of a step from the same state, in fp32: the loss is that near, and so are the changes, by norms, but where a ReLU
// whose input is zero to rounding switches otherwise; few of twenty steps meet one (docs/NUMERICS.md).
constexpr double kLossRounding = 1e-5;
constexpr double kUpdateRounding = 1e-3;
constexpr double kSwitchedUnit = 0.25;
constexpr int kStepsWithSwitchedUnits = 4;

class DeviceRun : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  static golden::NetworkRunOptions options() {
    const auto [norm, optimizer] = GetParam();
    return {
        .network = {.width = 2, .norm = norm},
        .seed = 1,
        .hyperparameters = resolve_hyperparameters(optimizer, Recipe::kAssignment, {.lr = learning_rate(optimizer)})};
  }

  // At which twenty steps lower the loss on a few images in each norm.
  static double learning_rate(OptimizerKind optimizer) {
    switch (optimizer) {
      case OptimizerKind::kAdadelta:
        return 1;
      case OptimizerKind::kAdagrad:
      case OptimizerKind::kAdam:
        return 2e-3;
      default:
        return 5e-3;
    }
  }
};

// Both begin with the state that the device is in, and make a step on the same images: how far what the device changes
// is from what the CPU changes, by norms, in the worst of parameters, running statistics and moments.
double distance_of_step(const std::vector<golden::StateBlock>& before, const std::vector<golden::StateBlock>& wanted,
                        const std::vector<golden::StateBlock>& found) {
  double worst = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double change = golden::norm_of_difference(wanted[i].values, before[i].values);
    const double difference = golden::norm_of_difference(found[i].values, wanted[i].values);
    EXPECT_TRUE(change > 0 || before[i].values.empty()) << before[i].name << " stay as they are";
    if (difference > 0) worst = std::max(worst, difference / change);
  }
  return worst;
}

// Whole runs drift apart chaotically, so single steps are compared (docs/NUMERICS.md, "Precision and agreement"): the
// device runs by itself, nothing is written to it, and before each step the CPU takes the device's state.
TEST_P(DeviceRun, TwentyStepsAreThoseOfTheCpu) {
  constexpr int kSteps = 20;
  golden::NetworkImages images(test::source_path("tests/golden/network_images.bin"), 4);
  CpuContext<float> cpu({.threads = 1});
  CudaContext<float> cuda;
  golden::NetworkRun<CpuContext<float>> wanted(cpu, options(), images);
  golden::NetworkRun<CudaContext<float>> found(cuda, options(), images);
  std::vector<golden::StateBlock> state = golden::state_of(cuda, found);
  EXPECT_EQ(state.front().values, golden::state_of(cpu, wanted).front().values);
  std::vector<double> losses;
  std::vector<double> distances;
  for (int step = 1; step <= kSteps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    golden::take_state(cpu, wanted, state);
    losses.push_back(found.step());
    EXPECT_NEAR(losses.back(), wanted.step(), kLossRounding);
    const std::vector<golden::StateBlock> before = std::exchange(state, golden::state_of(cuda, found));
    distances.push_back(distance_of_step(before, golden::state_of(cpu, wanted), state));
    EXPECT_LE(distances.back(), kSwitchedUnit);
  }
  std::sort(distances.begin(), distances.end());
  EXPECT_LE(distances[kSteps - 1 - kStepsWithSwitchedUnits], kUpdateRounding) << testing::PrintToString(distances);
  EXPECT_LT(losses.back(), losses.front());
  golden::take_state(cpu, wanted, state);
  EXPECT_NEAR(found.evaluate(), wanted.evaluate(), kLossRounding);
}

INSTANTIATE_TEST_SUITE_P(All, DeviceRun,
                         testing::Combine(testing::Values(NormKind::kBatch, NormKind::kNone),
                                          testing::Values(OptimizerKind::kSgd, OptimizerKind::kNesterov,
                                                          OptimizerKind::kAdagrad, OptimizerKind::kAdadelta,
                                                          OptimizerKind::kAdam)),
                         [](const testing::TestParamInfo<Case>& instance) {
                           const std::string norm = std::get<0>(instance.param) == NormKind::kBatch ? "batch" : "none";
                           return norm + "_" + std::string(name_of(std::get<1>(instance.param)));
                         });

}  // namespace
}  // namespace kindling
