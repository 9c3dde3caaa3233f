#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/support/random_values.h"

namespace kindling::test {

// A scalar as a function of all elements of one input.
using ScalarFunction = std::function<double(const std::vector<double>&)>;

inline double inner_product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// d f(at + t direction) / dt at t = 0 by the 5-point central difference: off by h^4 f^(5) / 30 and by rounding of about
// 2^-53 |f| / h.
inline double directional_derivative(const ScalarFunction& f, const std::vector<double>& at,
                                     const std::vector<double>& direction, double h) {
  const auto moved = [&](double t) {
    std::vector<double> point = at;
    for (std::size_t i = 0; i < point.size(); ++i) point[i] += t * direction[i];
    return f(point);
  };
  return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
}

struct FiniteDifference {
  double h = 1e-4;  // both errors are then far below 1e-9 for functions and inputs of order one
  int directions = 6;
  std::uint64_t seed = 1;
};

// How far `gradient` is from the derivatives of f at `at` along random directions (elements uniform in [-1, 1)):
// ||numeric - <gradient, direction>|| / ||numeric||, norms over the directions.
inline double gradient_error(const ScalarFunction& f, const std::vector<double>& at,
                             const std::vector<double>& gradient, const FiniteDifference& options = {}) {
  RandomValues random(options.seed);
  double difference = 0;
  double norm = 0;
  for (int i = 0; i < options.directions; ++i) {
    const std::vector<double> direction = random.reals(static_cast<std::int64_t>(at.size()));
    const double numeric = directional_derivative(f, at, direction, options.h);
    difference += std::pow(numeric - inner_product(gradient, direction), 2);
    norm += numeric * numeric;
  }
  return std::sqrt(difference / norm);
}

// Central differences mean nothing across a kink of ReLU: true when one of the values that go into it is nearer to zero
// than 100 h. Such points must be drawn again.
inline bool near_kink(const std::vector<double>& before_relu, double h) {
  for (const double value : before_relu) {
    if (std::abs(value) < 100 * h) return true;
  }
  return false;
}

}  // namespace kindling::test
