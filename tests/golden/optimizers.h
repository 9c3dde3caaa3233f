#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tests/support/read_json.h"

namespace kindling::golden {

// The formulas of make_optimizers.py: the same numbers, exact in float.
inline double uniform(std::uint64_t stream, std::int64_t index) {
  std::uint64_t z =
      stream * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(index) * 0xD1B54A32D192ED03U + 0x632BE59BD9B4E019U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return static_cast<double>(static_cast<std::int64_t>(z >> 40U) - (1 << 23)) * 0x1p-23;
}

inline double initial_parameter(std::int64_t i) {
  return uniform(0, i);
}

inline double gradient(std::int64_t step, std::int64_t i) {
  const double scale = 1.0 / static_cast<double>(std::int64_t{1} << (i % 9 + 1));
  return (uniform(1000, i) + uniform(static_cast<std::uint64_t>(step), i)) * scale;
}

inline double learning_rate(double lr, std::int64_t step) {
  return lr * (1.0 - static_cast<double>(step - 1) / 256.0) * (step % 50 < 5 ? 2.0 : 1.0);
}

// One entry of optimizers.json.
struct OptimizerCase {
  std::string name = {};       // "adam_weight_decay"
  std::string algorithm = {};  // "adam": sgd, nesterov, adagrad, adadelta or adam
  nlohmann::json options = nlohmann::json::object();
  std::map<std::string, std::vector<double>> float64 = {};  // "parameters" and the moments under torch's names
  std::map<std::string, std::vector<double>> float32 = {};

  double option(const char* key, double otherwise) const { return options.value(key, otherwise); }
  double beta(std::size_t i, double otherwise) const {
    return options.contains("betas") ? options["betas"][i].get<double>() : otherwise;
  }
};

inline std::map<std::string, std::vector<double>> parse_tensors(const nlohmann::json& json) {
  std::map<std::string, std::vector<double>> tensors;
  for (const auto& [name, values] : json.items()) {
    for (const auto& value : values) tensors[name].push_back(std::strtod(value.get<std::string>().c_str(), nullptr));
  }
  return tensors;
}

struct OptimizerGolden {
  std::int64_t elements = 0;
  std::int64_t steps = 0;
  std::vector<OptimizerCase> cases;
};

inline OptimizerGolden read_optimizers(const std::string& path) {
  const nlohmann::json json = test::read_json(path);
  OptimizerGolden golden{.elements = json["elements"], .steps = json["steps"], .cases = {}};
  for (const auto& [name, entry] : json["cases"].items()) {
    golden.cases.push_back({.name = name,
                            .algorithm = name.substr(0, name.find('_')),
                            .options = entry["options"],
                            .float64 = parse_tensors(entry["float64"]),
                            .float32 = parse_tensors(entry["float32"])});
  }
  return golden;
}

// |got - want| / |want| by 2-norms over the values of two sequences of equal length.
template <class Values>
double relative_difference(const Values& got, const std::vector<double>& want) {
  double difference = 0;
  double norm = 0;
  std::size_t i = 0;
  for (const auto value : got) {
    difference += (static_cast<double>(value) - want.at(i)) * (static_cast<double>(value) - want.at(i));
    norm += want[i] * want[i];
    ++i;
  }
  if (i != want.size()) return std::numeric_limits<double>::infinity();
  return std::sqrt(difference / norm);
}

}  // namespace kindling::golden
