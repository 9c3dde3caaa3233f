#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/core/dtype.h"

namespace kindling::test {

// u: rounding x to T gives x (1 + d) with |d| <= u.
template <class T>
inline constexpr double kUnitRoundoff = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
template <>
inline constexpr double kUnitRoundoff<bfloat16> = 0x1p-8;

// The nearest values of type T.
template <class T>
std::vector<double> rounded_to(std::vector<double> values) {
  for (double& value : values) {
    if constexpr (std::is_same_v<T, bfloat16>) {
      value = static_cast<double>(static_cast<float>(bfloat16(static_cast<float>(value))));
    } else {
      value = static_cast<double>(static_cast<T>(value));
    }
  }
  return values;
}

// gamma_n = n u / (1 - n u): n roundings one after the other, or a dot product of n terms in any order, with or without
// fused multiply-add: |error| <= gamma_n sum |a||b| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
// section 3.1).
inline double gamma(std::int64_t n, double unit_roundoff) {
  const double nu = static_cast<double>(n) * unit_roundoff;
  return nu / (1 - nu);
}

// The bound of one output of an op that sums n products in param_t of C (contracts: at least fp32) and rounds the sum
// to Stored. magnitude is sum |a||b|; it also bounds the result itself. One rounding more is granted for the last step,
// and the oracle's own error (2^-53 where this has 2^-24) disappears in it. Products of bf16 may be summed by tensor
// cores, which cut where others round: up to twice the error (Fasi, Higham, Mikaitis, Pranesh: Numerical behavior of
// NVIDIA tensor cores, 2021).
template <class C, class Stored>
double dot_bound(std::int64_t n, double magnitude) {
  const double step = kUnitRoundoff<typename C::param_t> * (std::is_same_v<typename C::activation_t, bfloat16> ? 2 : 1);
  const double stored = sizeof(Stored) < sizeof(typename C::param_t) ? kUnitRoundoff<Stored> : 0.0;
  return (gamma(n + 1, step) + 1.01 * stored) * magnitude;
}

template <class C, class Stored>
std::vector<double> dot_bounds(std::int64_t n, std::vector<double> magnitudes) {
  for (double& value : magnitudes) value = dot_bound<C, Stored>(n, value);
  return magnitudes;
}

// |found - wanted| <= bound for every element; says where it is furthest out.
inline void expect_within(const std::vector<double>& found, const std::vector<double>& wanted,
                          const std::vector<double>& bounds, const char* what) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  ASSERT_EQ(found.size(), bounds.size()) << what;
  std::size_t failures = 0;
  std::size_t worst = 0;
  double worst_excess = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = std::abs(found[i] - wanted[i]);
    if (error <= bounds[i]) continue;
    ++failures;
    const double excess = std::isnan(error) ? std::numeric_limits<double>::infinity() : error - bounds[i];
    if (failures == 1 || excess > worst_excess) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (failures == 0) return;
  ADD_FAILURE() << what << ": " << failures << " of " << found.size() << " elements are out of bounds; worst at "
                << worst << ": found " << found[worst] << ", wanted " << wanted[worst] << ", bound " << bounds[worst];
}

inline void expect_equal(const std::vector<double>& found, const std::vector<double>& wanted, const char* what) {
  expect_within(found, wanted, std::vector<double>(wanted.size(), 0.0), what);
}

}  // namespace kindling::test
