// Whole training steps on the CUDA backend, with graphs captured and replayed: the network, the images and PyTorch's
// first loss of tests/golden/make_network.py, and beside the CPU backend step by step.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/core/dtype.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cuda/cuda_context.h"
#include "tests/golden/network_run.h"

namespace kindling {
namespace {

// As it is, captured, and replayed several times.
constexpr int kSteps = 6;

const nlohmann::json& torch_runs() {
  static const nlohmann::json parsed =
      nlohmann::json::parse(std::ifstream(KINDLING_SOURCE_DIR "/tests/golden/network.json"));
  return parsed;
}

double number(const nlohmann::json& hex) {
  return std::strtod(hex.get<std::string>().c_str(), nullptr);
}

golden::NetworkImages golden_images() {
  return golden::NetworkImages(KINDLING_SOURCE_DIR "/tests/golden/network_images.bin", torch_runs()["batch"]);
}

golden::NetworkRunOptions options_of(const nlohmann::json& golden_run) {
  const nlohmann::json& golden = torch_runs();
  return {
      .network = {.width = golden["width"], .norm = golden_run["norm"] == "batch" ? NormKind::kBatch : NormKind::kNone},
      .seed = golden["seed"],
      .sgd = {.kind = OptimizerKind::kSgd,
              .lr = golden["lr"],
              .weight_decay = golden["weight_decay"],
              .momentum = golden["momentum"]}};
}

// All that a step starts from and changes: parameters, running statistics, momentum.
template <class C>
std::vector<View<typename C::space, float>> state_of(golden::NetworkRun<C>& run) {
  return {run.parameters().values(), run.parameters().statistics(), run.optimizer().moments().front().values};
}

template <class C>
std::vector<float> parameters_of(C& context, golden::NetworkRun<C>& run) {
  return to_host<C, float>(context, ConstParams<C>(run.parameters().values()));
}

double norm_of_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
  return std::sqrt(sum);
}

using Case = std::tuple<std::size_t, ConvAlgorithm>;  // run of the golden file, convolutions

class DeviceTraining : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda();
    if (!reason.empty()) GTEST_SKIP() << reason;
    if (conv() == ConvAlgorithm::kCudnn && !Conv2dPlans::available()) GTEST_SKIP() << "this build has no cuDNN";
  }

  static const nlohmann::json& golden_run() { return torch_runs()["runs"][std::get<0>(GetParam())]; }
  static ConvAlgorithm conv() { return std::get<1>(GetParam()); }
};

// fp32 runs drift apart, chaotically (docs/NUMERICS.md, "Precision and agreement"): so before each step the device gets
// the CPU's state, and one step must agree. Losses are then within rounding. Updates are too but for single ReLUs whose
// input is zero to rounding, each of which moves gradients by some 1e-3.
TEST_P(DeviceTraining, StepsAreThoseOfTheCpu) {
  golden::NetworkImages images = golden_images();
  CpuContext<float> cpu({.threads = 1});
  CudaContext<float> cuda({.conv = conv()});
  golden::NetworkRun<CpuContext<float>> wanted(cpu, options_of(golden_run()), images);
  golden::NetworkRun<CudaContext<float>> found(cuda, options_of(golden_run()), images);
  const double first = number(golden_run()["losses"].front());
  for (int step = 1; step <= kSteps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const auto from = state_of(wanted);
    const auto to = state_of(found);
    for (std::size_t i = 0; i < from.size(); ++i) {
      from_host<CudaContext<float>, float>(cuda, to[i], {from[i].data(), static_cast<std::size_t>(from[i].size())});
    }
    const std::vector<float> before = parameters_of(cpu, wanted);
    const double loss = found.step();
    EXPECT_NEAR(loss, wanted.step(), 1e-5);
    if (step == 1) {
      EXPECT_NEAR(loss, first, 1e-5);
    }
    const std::vector<float> after = parameters_of(cpu, wanted);
    const double update = norm_of_difference(after, before);
    EXPECT_GT(update, 0);
    EXPECT_LE(norm_of_difference(parameters_of(cuda, found), after), 1e-2 * update);
  }
  const double evaluation = found.evaluate();
  EXPECT_EQ(found.evaluate(), evaluation);  // captured
  EXPECT_EQ(found.evaluate(), evaluation);  // replayed
}

// bf16 rounds every activation to 8 bits: losses agree to 1e-2. With batch norm three steps show that it learns.
TEST_P(DeviceTraining, TrainsInBf16) {
  golden::NetworkImages images = golden_images();
  CudaContext<bfloat16> cuda({.conv = conv()});
  golden::NetworkRun<CudaContext<bfloat16>> run(cuda, options_of(golden_run()), images);
  const double first = number(golden_run()["losses"].front());
  const double loss = run.step();
  EXPECT_NEAR(loss, first, 1e-2 * first);
  run.step();
  const double third = run.step();
  if (options_of(golden_run()).network.norm == NormKind::kBatch) {
    EXPECT_LT(third, loss);
  }
}

std::string name_of_case(const testing::TestParamInfo<Case>& instance) {
  const std::string norm = torch_runs()["runs"][std::get<0>(instance.param)]["norm"];
  return norm + (std::get<1>(instance.param) == ConvAlgorithm::kCudnn ? "_cudnn" : "_implicit_gemm");
}

INSTANTIATE_TEST_SUITE_P(Runs, DeviceTraining,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(ConvAlgorithm::kImplicitGemm, ConvAlgorithm::kCudnn)),
                         name_of_case);

}  // namespace
}  // namespace kindling
