#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/golden/network_run.h"
#include "tests/support/read_json.h"
#include "tests/support/source_path.h"

namespace kindling::golden {

// What tests/golden/make_network.py wrote: runs of the whole network at width 8 in PyTorch, in double.
inline const nlohmann::json& torch_runs() {
  static const nlohmann::json parsed = test::read_json(test::source_path("tests/golden/network.json"));
  return parsed;
}

inline NetworkImages network_images() {
  return NetworkImages(test::source_path("tests/golden/network_images.bin"), torch_runs()["batch"]);
}

inline double number(const nlohmann::json& hex) {
  return std::strtod(hex.get<std::string>().c_str(), nullptr);
}

inline NetworkRunOptions options_of(const nlohmann::json& run) {
  const nlohmann::json& golden = torch_runs();
  return {.network = {.width = golden["width"], .norm = run["norm"] == "batch" ? NormKind::kBatch : NormKind::kNone},
          .seed = golden["seed"],
          .hyperparameters = {.kind = OptimizerKind::kSgd,
                              .lr = golden["lr"],
                              .weight_decay = golden["weight_decay"],
                              .momentum = golden["momentum"]}};
}

inline constexpr std::size_t kProjections = 64;

// Inner products of the gradient of the tensor-th parameter with the sign vectors of make_network.py.
template <class T>
std::array<double, kProjections> projections(std::uint64_t tensor, const std::vector<T>& gradient) {
  std::array<double, kProjections> sums{};
  for (std::uint64_t i = 0; i < gradient.size(); ++i) {
    std::uint64_t z = (tensor + 1) * 0x9E3779B97F4A7C15U + i * 0xD1B54A32D192ED03U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    const auto value = static_cast<double>(gradient[i]);
    for (std::size_t j = 0; j < kProjections; ++j) sums[j] += (z >> j & 1U) != 0 ? -value : value;
  }
  return sums;
}

// The mean of the squares of 64 such products estimates |difference|^2, with a spread of sqrt(2 / 64) of it: that it
// comes out under a quarter of the truth is less likely than 1e-8, so half the bound on the estimate keeps the bound on
// the difference.
inline double estimated_distance(const std::array<double, kProjections>& got, const nlohmann::json& want) {
  double sum = 0;
  for (std::size_t j = 0; j < kProjections; ++j) sum += std::pow(got[j] - number(want[j]), 2);
  return std::sqrt(sum / kProjections);
}

}  // namespace kindling::golden
