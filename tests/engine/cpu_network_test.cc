// The gradient of the whole network on the CPU backend, with each convolution algorithm, beside the reference in
// double. (tests/golden/compare_full_width.py does the same at full width, where PyTorch is installed.)

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/engine/training_state.h"
#include "tests/engine/whole_network.h"
#include "tests/golden/network_golden.h"

namespace kindling {
namespace {

using Case = std::tuple<ConvAlgorithm, NormKind>;
class CpuNetwork : public testing::TestWithParam<Case> {};

// A ReLU whose input is zero to rounding may switch in one of the two alone and moves whole gradients: such seeds are
// left out. The bound is that of compare_full_width.py: 20 layers of rounding errors, each below 1e-5 by norms.
TEST_P(CpuNetwork, GradientIsTheReferences) {
  const auto [conv, norm] = GetParam();
  int compared = 0;
  for (std::uint64_t seed = 1; compared < 3; ++seed) {
    ASSERT_LT(seed, 60U) << "too few points without a kink nearby";
    test::WholeNetwork<ReferenceContext<double>> reference({}, norm, seed);
    test::WholeNetwork<CpuContext<float>> network(CpuContext<float>({.threads = 2, .conv = conv}), norm, seed);
    const std::vector<float> at = network.parameters();
    const std::vector<double> exactly(at.begin(), at.end());
    if (network.signs(at) != reference.signs(exactly)) continue;
    const std::vector<double> wanted = reference.gradient(exactly);
    const std::vector<float> found = network.gradient(at);
    ASSERT_EQ(found.size(), wanted.size());
    std::vector<double> difference(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) difference[i] = static_cast<double>(found[i]) - wanted[i];
    const double error = test::norm_of(difference) / test::norm_of(wanted);
    testing::Test::RecordProperty("relative_error_" + std::to_string(compared), std::to_string(error * 1e6) + "e-6");
    EXPECT_LT(error, 1e-4) << "seed " << seed;
    ++compared;
  }
}

// In evaluation convolutions finish their output themselves (kernels/conv2d_inference.h): with the reference's state
// after two steps, so that the running statistics are no round numbers, the loss is the reference's, as near as that of
// a step.
TEST_P(CpuNetwork, EvaluationIsTheReferences) {
  const auto [conv, norm] = GetParam();
  const nlohmann::json& run = golden::torch_runs()["runs"][norm == NormKind::kBatch ? 0 : 1];
  ASSERT_EQ(run["norm"], norm == NormKind::kBatch ? "batch" : "none");
  golden::NetworkImages images = golden::network_images();
  ReferenceContext<float> reference;
  CpuContext<float> cpu({.threads = 2, .conv = conv});
  golden::NetworkRun<ReferenceContext<float>> wanted(reference, golden::options_of(run), images);
  golden::NetworkRun<CpuContext<float>> found(cpu, golden::options_of(run), images);
  for (int step = 0; step < 2; ++step) wanted.step();
  golden::take_state(cpu, found, golden::state_of(reference, wanted));
  EXPECT_NEAR(found.evaluate(), wanted.evaluate(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(EachConvolution, CpuNetwork,
                         testing::Combine(testing::Values(ConvAlgorithm::kDirect, ConvAlgorithm::kWinograd2,
                                                          ConvAlgorithm::kWinograd4),
                                          testing::Values(NormKind::kBatch, NormKind::kNone)),
                         [](const testing::TestParamInfo<Case>& of) {
                           const bool batch = std::get<1>(of.param) == NormKind::kBatch;
                           return std::string(name_of(std::get<0>(of.param))) + (batch ? "_norm_batch" : "_norm_none");
                         });

}  // namespace
}  // namespace kindling
