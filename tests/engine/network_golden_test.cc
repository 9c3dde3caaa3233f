// The whole network at width 8 in double against PyTorch: same weights, same real images, ten SGD steps, with and
// without batch norm. tests/golden/make_network.py made the values.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>

#include "kernels/reference/reference_context.h"
#include "tests/golden/network_golden.h"

namespace kindling {
namespace {

using Context = ReferenceContext<double>;

constexpr double kBound = 1e-9;
double norm_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

class NetworkGolden : public testing::TestWithParam<int> {
 protected:
  NetworkGolden()
      : images_(golden::network_images()),
        want_(golden::torch_runs()["runs"][static_cast<std::size_t>(GetParam())]),
        run_(context_, golden::options_of(want_), images_) {}

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
    const double norm = golden::number(gradients[i]["norm"]);
    EXPECT_EQ(store.layout().parameters()[i].name, gradients[i]["name"]);
    EXPECT_NEAR(norm_of(gradient), norm, kBound * norm) << gradients[i]["name"];
    EXPECT_LE(golden::estimated_distance(golden::projections(i, gradient), gradients[i]["projections"]),
              kBound / 2 * norm)
        << gradients[i]["name"];
  }
}

TEST_P(NetworkGolden, LossesOfTenStepsMatchTorch) {
  ASSERT_EQ(want_["losses"].size(), 10U);
  for (std::size_t step = 0; step < 10; ++step) {
    const double want = golden::number(want_["losses"][step]);
    EXPECT_NEAR(run_.step(), want, kBound * want) << "step " << step + 1;
  }
  const double want = golden::number(want_["evaluation_loss"]);
  EXPECT_NEAR(run_.evaluate(), want, kBound * want);
}

INSTANTIATE_TEST_SUITE_P(Norms, NetworkGolden, testing::Values(0, 1), [](const auto& instance) {
  return golden::torch_runs()["runs"][static_cast<std::size_t>(instance.param)]["norm"].template get<std::string>();
});

}  // namespace
}  // namespace kindling
