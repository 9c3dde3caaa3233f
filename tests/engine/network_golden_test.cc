// The whole network at width 8 in double against PyTorch: same weights, same real images, ten SGD steps, with and
// without batch norm. tests/golden/make_network.py made the values.

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "kernels/reference/reference_context.h"
#include "tests/golden/network_run.h"

namespace kindling {
namespace {

using Context = ReferenceContext<double>;

constexpr double kBound = 1e-9;
constexpr std::size_t kProjections = 64;

const nlohmann::json& torch_runs() {
  static const nlohmann::json parsed =
      nlohmann::json::parse(std::ifstream(KINDLING_SOURCE_DIR "/tests/golden/network.json"));
  return parsed;
}

double number(const nlohmann::json& hex) {
  return std::strtod(hex.get<std::string>().c_str(), nullptr);
}

// Inner products of a gradient with the sign vectors of make_network.py.
std::array<double, kProjections> projections(std::uint64_t tensor, const std::vector<double>& gradient) {
  std::array<double, kProjections> sums{};
  for (std::uint64_t i = 0; i < gradient.size(); ++i) {
    std::uint64_t z = (tensor + 1) * 0x9E3779B97F4A7C15U + i * 0xD1B54A32D192ED03U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    for (std::size_t j = 0; j < kProjections; ++j) sums[j] += (z >> j & 1U) != 0 ? -gradient[i] : gradient[i];
  }
  return sums;
}

double norm_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// The mean of the squares of 64 such products estimates |difference|^2, with a spread of sqrt(2 / 64) of it: that it
// comes out under a quarter of the truth is less likely than 1e-8, so half the bound on the estimate keeps the bound on
// the difference.
double estimated_distance(const std::array<double, kProjections>& got, const nlohmann::json& want) {
  double sum = 0;
  for (std::size_t j = 0; j < kProjections; ++j) sum += std::pow(got[j] - number(want[j]), 2);
  return std::sqrt(sum / kProjections);
}

class NetworkGolden : public testing::TestWithParam<int> {
 protected:
  NetworkGolden()
      : images_(KINDLING_SOURCE_DIR "/tests/golden/network_images.bin", torch_runs()["batch"]),
        want_(torch_runs()["runs"][static_cast<std::size_t>(GetParam())]),
        run_(context_, options(), images_) {}

  golden::NetworkRunOptions options() const {
    const nlohmann::json& golden = torch_runs();
    return {
        .network = {.width = golden["width"], .norm = want_["norm"] == "batch" ? NormKind::kBatch : NormKind::kNone},
        .seed = golden["seed"],
        .sgd = {.kind = OptimizerKind::kSgd,
                .lr = golden["lr"],
                .weight_decay = golden["weight_decay"],
                .momentum = golden["momentum"]}};
  }

  Context context_;
  golden::NetworkImages images_;
  const nlohmann::json& want_;
  golden::NetworkRun<Context> run_;
};

TEST_P(NetworkGolden, StartsFromTheSameWeights) {
  std::uint64_t sum = 0;
  std::uint64_t at = 0;
  const ParameterStore<Context>& store = run_.parameters();
  for (std::size_t i = 0; i < store.layout().parameters().size(); ++i) {
    for (const double value : store.parameter_for_file(context_, static_cast<std::int64_t>(i))) {
      sum += (2 * at++ + 1) * std::bit_cast<std::uint32_t>(static_cast<float>(value));
    }
  }
  EXPECT_EQ(sum, std::strtoull(want_["weights_checksum"].get<std::string>().c_str(), nullptr, 16));
}

TEST_P(NetworkGolden, FirstGradientsMatchTorchTensorByTensor) {
  run_.step();
  const ParameterStore<Context>& store = run_.parameters();
  const nlohmann::json& gradients = want_["gradients"];
  ASSERT_EQ(gradients.size(), store.layout().parameters().size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const std::vector<double> gradient = store.gradient_for_file(context_, static_cast<std::int64_t>(i));
    const double norm = number(gradients[i]["norm"]);
    EXPECT_EQ(store.layout().parameters()[i].name, gradients[i]["name"]);
    EXPECT_NEAR(norm_of(gradient), norm, kBound * norm) << gradients[i]["name"];
    EXPECT_LE(estimated_distance(projections(i, gradient), gradients[i]["projections"]), kBound / 2 * norm)
        << gradients[i]["name"];
  }
}

TEST_P(NetworkGolden, LossesOfTenStepsMatchTorch) {
  ASSERT_EQ(want_["losses"].size(), 10U);
  for (std::size_t step = 0; step < 10; ++step) {
    const double want = number(want_["losses"][step]);
    EXPECT_NEAR(run_.step(), want, kBound * want) << "step " << step + 1;
  }
  const double want = number(want_["evaluation_loss"]);
  EXPECT_NEAR(run_.evaluate(), want, kBound * want);
}

INSTANTIATE_TEST_SUITE_P(Norms, NetworkGolden, testing::Values(0, 1), [](const auto& instance) {
  return torch_runs()["runs"][static_cast<std::size_t>(instance.param)]["norm"].template get<std::string>();
});

}  // namespace
}  // namespace kindling
