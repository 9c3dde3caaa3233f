// The gradient of the whole network on the CPU backend, with each convolution algorithm, beside the reference in
// double. (tests/golden/compare_full_width.py does the same at full width, where PyTorch is installed.)

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/engine/whole_network.h"

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
