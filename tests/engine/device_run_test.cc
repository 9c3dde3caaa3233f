// Runs on the CUDA backend beside the same runs on the CPU, with each norm and optimizer: steps as they are, captured
// and replayed, in all lanes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "kernels/cpu/cpu_context.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/golden/network_golden.h"

namespace kindling {
namespace {

using Case = std::tuple<NormKind, OptimizerKind>;

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

// fp32 runs drift apart by rounding alone. The device may drift from the CPU as the CPU does from the reference, which
// adds in another order: never further than 1e-5 plus five times the largest drift so far (docs/NUMERICS.md).
TEST_P(DeviceRun, TwentyStepsStayWithTheCpu) {
  golden::NetworkImages images(KINDLING_SOURCE_DIR "/tests/golden/network_images.bin", 4);
  ReferenceContext<float> reference;
  CpuContext<float> cpu({.threads = 1});
  CudaContext<float> cuda;
  golden::NetworkRun<ReferenceContext<float>> other(reference, options(), images);
  golden::NetworkRun<CpuContext<float>> wanted(cpu, options(), images);
  golden::NetworkRun<CudaContext<float>> found(cuda, options(), images);
  double drift = 0;
  double first = 0;
  double last = 0;
  for (int step = 1; step <= 20; ++step) {
    const double want = wanted.step();
    drift = std::max(drift, std::abs(want - other.step()));
    last = found.step();
    if (step == 1) first = last;
    EXPECT_NEAR(last, want, 1e-5 + 5 * drift) << "step " << step << ", drift " << drift;
  }
  EXPECT_LT(last, first);
  const double want = wanted.evaluate();
  drift = std::max(drift, std::abs(want - other.evaluate()));
  EXPECT_NEAR(found.evaluate(), want, 1e-5 + 5 * drift);
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
