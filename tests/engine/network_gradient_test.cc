// The whole network at width 8 in double: its hand-written backward pass against central differences of its forward
// pass along random directions through all parameters at once.

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/reference/reference_context.h"
#include "tests/engine/whole_network.h"
#include "tests/support/finite_difference.h"
#include "tests/support/random_values.h"

namespace kindling {
namespace {

using WholeNetwork = test::WholeNetwork<ReferenceContext<double>>;

std::vector<double> moved(std::vector<double> point, const std::vector<double>& direction, double t) {
  for (std::size_t i = 0; i < point.size(); ++i) point[i] += t * direction[i];
  return point;
}

using test::norm_of;

// A random direction of about unit length. Half of it is random in every element, so that no parameter is left out; in
// the other half each element is a random share of its gradient, so that the derivative along it is of the gradient's
// order: along a direction that knows nothing of the gradient it would be 400 times smaller, and drown in rounding.
std::vector<double> direction_near(const std::vector<double>& gradient, test::RandomValues& random) {
  const std::vector<double> anywhere = random.reals(static_cast<std::int64_t>(gradient.size()));
  const std::vector<double> shares = random.reals(static_cast<std::int64_t>(gradient.size()));
  std::vector<double> direction(gradient.size());
  const double anywhere_norm = norm_of(anywhere);
  const double gradient_norm = norm_of(gradient);
  for (std::size_t i = 0; i < direction.size(); ++i) {
    direction[i] = anywhere[i] / anywhere_norm + std::abs(shares[i]) * gradient[i] / gradient_norm;
  }
  return direction;
}

// Along such a direction an activation moves by a few h. The rounding error of the difference, about 1e-15 / h, is then
// below 1e-7 of the derivative, and at most a few of the 260,000 activations lie within 100 h of a ReLU's kink: points
// that have any are drawn again.
constexpr double kH = 1e-7;

void expect_gradient_is_derivative(NormKind norm) {
  double difference = 0;
  double sum = 0;
  int directions = 0;
  for (std::uint64_t seed = 1; directions < 12; ++seed) {
    ASSERT_LT(seed, 100U) << "too few points without a kink nearby";
    WholeNetwork network({}, norm, seed);
    test::RandomValues random(seed + 1000);
    const std::vector<double> at = network.parameters();
    const std::vector<double> gradient = network.gradient(at);
    const std::vector<double> direction = direction_near(gradient, random);
    if (network.signs(moved(at, direction, -100 * kH)) != network.signs(moved(at, direction, 100 * kH))) continue;
    const double numeric = test::directional_derivative(
        [&](const std::vector<double>& point) { return network.loss(point); }, at, direction, kH);
    difference += std::pow(numeric - test::inner_product(gradient, direction), 2);
    sum += numeric * numeric;
    ++directions;
  }
  const double error = std::sqrt(difference / sum);
  testing::Test::RecordProperty("relative_error", std::to_string(error));
  EXPECT_LT(error, 1e-6);
}

TEST(NetworkGradient, IsTheDerivativeWithBatchNorm) {
  expect_gradient_is_derivative(NormKind::kBatch);
}

TEST(NetworkGradient, IsTheDerivativeWithoutBatchNorm) {
  expect_gradient_is_derivative(NormKind::kNone);
}

}  // namespace
}  // namespace kindling
