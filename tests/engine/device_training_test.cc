// Whole training steps on the CUDA backend, with graphs captured and replayed, against PyTorch's in double: the
// network, the images and the values of tests/golden/make_network.py.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/cpu/cpu_context.h"
#include "kernels/cuda/cuda_context.h"
#include "tests/golden/network_run.h"

namespace kindling {
namespace {

constexpr int kEvaluations = 3;  // as it is, captured, replayed

struct Losses {
  std::vector<double> training;
  std::vector<double> evaluation;  // of the trained network, again and again
};

const nlohmann::json& torch_runs() {
  static const nlohmann::json parsed =
      nlohmann::json::parse(std::ifstream(KINDLING_SOURCE_DIR "/tests/golden/network.json"));
  return parsed;
}

double number(const nlohmann::json& hex) {
  return std::strtod(hex.get<std::string>().c_str(), nullptr);
}

// The steps of a golden run on a context, without and with batch norm.
template <class C>
Losses train(C& context, const nlohmann::json& golden_run) {
  const nlohmann::json& golden = torch_runs();
  const NormKind norm = golden_run["norm"] == "batch" ? NormKind::kBatch : NormKind::kNone;
  golden::NetworkImages images(KINDLING_SOURCE_DIR "/tests/golden/network_images.bin", golden["batch"]);
  golden::NetworkRun<C> run(context,
                            {.network = {.width = golden["width"], .norm = norm},
                             .seed = golden["seed"],
                             .sgd = {.kind = OptimizerKind::kSgd,
                                     .lr = golden["lr"],
                                     .weight_decay = golden["weight_decay"],
                                     .momentum = golden["momentum"]}},
                            images);
  Losses losses;
  for (std::size_t step = 0; step < golden_run["losses"].size(); ++step) losses.training.push_back(run.step());
  for (int i = 0; i < kEvaluations; ++i) losses.evaluation.push_back(run.evaluate());
  return losses;
}

class DeviceTraining : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

// fp32 runs drift from one in double, chaotically. The rule is that of the comparison with PyTorch (docs/NUMERICS.md,
// "Precision and agreement"): never further than 1e-5 plus five times the furthest that another fp32 run, here the
// CPU's, has been up to that step.
TEST_P(DeviceTraining, StaysWithinTheDriftOfFp32) {
  const nlohmann::json& golden_run = torch_runs()["runs"][GetParam()];
  CpuContext<float> cpu;
  CudaContext<float> cuda({.conv = ConvAlgorithm::kImplicitGemm});
  const Losses yardstick = train(cpu, golden_run);
  const Losses found = train(cuda, golden_run);
  double drift = 0;
  for (std::size_t step = 0; step < found.training.size(); ++step) {
    const double exact = number(golden_run["losses"][step]);
    drift = std::max(drift, std::abs(yardstick.training[step] - exact));
    EXPECT_NEAR(found.training[step], exact, 1e-5 + 5 * drift) << "step " << step + 1;
    RecordProperty("step_" + std::to_string(step + 1) + "_cpu",
                   std::to_string(1e9 * (yardstick.training[step] - exact)));
    RecordProperty("step_" + std::to_string(step + 1) + "_cuda", std::to_string(1e9 * (found.training[step] - exact)));
  }
  const double exact = number(golden_run["evaluation_loss"]);
  drift = std::max(drift, std::abs(yardstick.evaluation[0] - exact));
  EXPECT_NEAR(found.evaluation[0], exact, 1e-5 + 5 * drift);
  for (const double loss : found.evaluation) EXPECT_EQ(loss, found.evaluation[0]);
}

INSTANTIATE_TEST_SUITE_P(Norms, DeviceTraining, testing::Values(0, 1), [](const auto& instance) {
  return torch_runs()["runs"][instance.param]["norm"].template get<std::string>();
});

}  // namespace
}  // namespace kindling
