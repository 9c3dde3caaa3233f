#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace kindling::test {

// Test data from a seed, the same on every machine. Values are doubles that float holds exactly, so that backends of
// either type get the same inputs.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  // An integer of [low, high].
  std::int64_t integer(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }

  // A multiple of 2^-23 in [-1, 1).
  double real() { return std::ldexp(static_cast<double>(integer(-(1 << 23), (1 << 23) - 1)), -23); }

  std::vector<double> reals(std::int64_t count) {
    return filled(count, [this] { return real(); });
  }

  // Whole numbers of [-4, 4]: fp32 sums of fewer than 2^20 of their products are exact in any order.
  std::vector<double> small_integers(std::int64_t count) {
    return filled(count, [this] { return static_cast<double>(integer(-4, 4)); });
  }

 private:
  template <class F>
  static std::vector<double> filled(std::int64_t count, F next) {
    std::vector<double> values(static_cast<std::size_t>(count));
    std::generate(values.begin(), values.end(), next);
    return values;
  }

  std::mt19937_64 engine_;
};

// f(v) for every value, rounded to float so that it stays exact for every backend.
template <class F>
std::vector<double> mapped(std::vector<double> values, F f) {
  for (double& value : values) value = static_cast<double>(static_cast<float>(f(value)));
  return values;
}

// The largest error bounds come from sums of magnitudes: the same op on |inputs|.
inline std::vector<double> magnitudes(std::vector<double> values) {
  for (double& value : values) value = std::abs(value);
  return values;
}

}  // namespace kindling::test
