// Whole training steps on the CUDA backend, with graphs captured and replayed: the network, the images and PyTorch's
// first loss and gradients of tests/golden/make_network.py, and beside the CPU backend step by step.

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "kernels/core/dtype.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cuda/cuda_context.h"
#include "tests/engine/training_state.h"
#include "tests/golden/bf16_training.h"
#include "tests/golden/network_golden.h"

namespace kindling {
namespace {

// Each lane as it is, and captured; device_run_test.cc replays.
constexpr int kSteps = 2 * kStepsInFlight<CudaContext<float>>;
#ifdef KINDLING_TEST_CUDA_ON_CPU
constexpr int kStepsOfOwnConvolutions = 2;  // where one takes a quarter of a minute
#else
constexpr int kStepsOfOwnConvolutions = kSteps;
#endif

template <class C>
std::vector<float> parameters_of(C& context, golden::NetworkRun<C>& run) {
  return to_host<C, float>(context, ConstParams<C>(run.parameters().values()));
}

using Case = std::tuple<std::size_t, ConvAlgorithm>;  // run of the golden file, convolutions

class DeviceTraining : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda();
    if (!reason.empty()) GTEST_SKIP() << reason;
    if (conv() == ConvAlgorithm::kCudnn && !Conv2dPlans::available()) GTEST_SKIP() << "this build has no cuDNN";
  }

  static const nlohmann::json& golden_run() { return golden::torch_runs()["runs"][std::get<0>(GetParam())]; }
  static ConvAlgorithm conv() { return std::get<1>(GetParam()); }

  // In fp32 single ReLUs switch otherwise than in PyTorch's double, see below.
  static void expect_gradients_of_torch(CudaContext<float>& context, const ParameterStore<CudaContext<float>>& store) {
    constexpr double kBound = 1e-2;
    const nlohmann::json& gradients = golden_run()["gradients"];
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const std::vector<float> gradient = store.gradient_for_file(context, static_cast<std::int64_t>(i));
      const double distance = golden::estimated_distance(golden::projections(i, gradient), gradients[i]["projections"]);
      EXPECT_LE(distance, kBound / 2 * golden::number(gradients[i]["norm"])) << gradients[i]["name"];
    }
  }
};

// fp32 runs drift apart, chaotically (docs/NUMERICS.md, "Precision and agreement"): so before each step the device gets
// the CPU's state, and one step must agree. Losses are then within rounding. Updates are too but for single ReLUs whose
// input is zero to rounding, each of which moves gradients by some 1e-3.
TEST_P(DeviceTraining, StepsAreThoseOfTheCpu) {
  golden::NetworkImages images = golden::network_images();
  CpuContext<float> cpu({.threads = 1});
  CudaContext<float> cuda({.conv = conv()});
  golden::NetworkRun<CpuContext<float>> wanted(cpu, golden::options_of(golden_run()), images);
  golden::NetworkRun<CudaContext<float>> found(cuda, golden::options_of(golden_run()), images);
  const double first = golden::number(golden_run()["losses"].front());
  const int steps = conv() == ConvAlgorithm::kCudnn ? kSteps : kStepsOfOwnConvolutions;
  for (int step = 1; step <= steps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    golden::take_state(cuda, found, golden::state_of(cpu, wanted));
    const std::vector<float> before = parameters_of(cpu, wanted);
    const double loss = found.step();
    EXPECT_NEAR(loss, wanted.step(), 1e-5);
    if (step == 1) {
      EXPECT_NEAR(loss, first, 1e-5);
      expect_gradients_of_torch(cuda, found.parameters());
    }
    const std::vector<float> after = parameters_of(cpu, wanted);
    const double update = golden::norm_of_difference(after, before);
    EXPECT_GT(update, 0);
    EXPECT_LE(golden::norm_of_difference(parameters_of(cuda, found), after), 1e-2 * update);
  }
  const double evaluation = found.evaluate();
  EXPECT_EQ(found.evaluate(), evaluation);  // captured
  EXPECT_EQ(found.evaluate(), evaluation);  // replayed
}

TEST_P(DeviceTraining, TrainsInBf16) {
  CudaContext<bfloat16> cuda({.conv = conv()});
  golden::expect_trains_in_bf16(cuda, golden_run());
}

std::string name_of_case(const testing::TestParamInfo<Case>& instance) {
  const std::string norm = golden::torch_runs()["runs"][std::get<0>(instance.param)]["norm"];
  return norm + (std::get<1>(instance.param) == ConvAlgorithm::kCudnn ? "_cudnn" : "_implicit_gemm");
}

INSTANTIATE_TEST_SUITE_P(Runs, DeviceTraining,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(ConvAlgorithm::kImplicitGemm, ConvAlgorithm::kCudnn)),
                         name_of_case);

}  // namespace
}  // namespace kindling
