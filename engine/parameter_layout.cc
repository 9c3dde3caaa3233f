#include "engine/parameter_layout.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "kernels/core/random.h"

namespace kindling {
namespace {

constexpr std::int64_t kAlignmentElements = 64;  // 256 bytes of float

std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignmentElements - 1) / kAlignmentElements * kAlignmentElements;
}

// Copies a filter between K,C,R,S and K,R,S,C: out[k][b][a] = in[k][a][b].
template <class T>
std::vector<T> swap_last_two(const std::vector<T>& in, std::int64_t k_count, std::int64_t a_count,
                             std::int64_t b_count) {
  std::vector<T> out(in.size());
  for (std::int64_t k = 0; k < k_count; ++k) {
    const std::int64_t base = k * a_count * b_count;
    for (std::int64_t a = 0; a < a_count; ++a) {
      for (std::int64_t b = 0; b < b_count; ++b) {
        out[static_cast<std::size_t>(base + b * a_count + a)] = in[static_cast<std::size_t>(base + a * b_count + b)];
      }
    }
  }
  return out;
}

}  // namespace

std::int64_t ParameterLayout::add_parameter(std::string name, std::vector<std::int64_t> shape, Initializer initializer,
                                            std::int64_t fan_in) {
  const std::int64_t size = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  parameters_.push_back({.name = std::move(name),
                         .shape = std::move(shape),
                         .initializer = initializer,
                         .fan_in = fan_in,
                         .offset = parameter_arena_size_,
                         .size = size});
  parameter_arena_size_ += aligned(size);
  return static_cast<std::int64_t>(parameters_.size()) - 1;
}

std::int64_t ParameterLayout::add_statistic(std::string name, std::int64_t size, double initial) {
  statistics_.push_back({.name = std::move(name), .initial = initial, .offset = statistic_arena_size_, .size = size});
  statistic_arena_size_ += aligned(size);
  return static_cast<std::int64_t>(statistics_.size()) - 1;
}

std::int64_t ParameterLayout::parameter_count() const {
  std::int64_t count = 0;
  for (const ParameterInfo& parameter : parameters_) count += parameter.size;
  return count;
}

std::vector<float> initial_values(const ParameterInfo& parameter, std::int64_t number, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(parameter.size));
  if (parameter.initializer == Initializer::kOnes) {
    values.assign(values.size(), 1.0F);
  } else if (parameter.initializer == Initializer::kUniformFanIn) {
    const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(parameter.fan_in)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const RandomWords words = random_words(seed, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(number),
                                             RandomPurpose::kInitialWeights);
      values[i] = (2.0F * unit_float(words[0]) - 1.0F) * bound;
    }
  }
  return values;
}

template <class T>
std::vector<T> file_to_memory_order(const std::vector<T>& file, const std::vector<std::int64_t>& shape) {
  if (shape.size() != 4) return file;
  return swap_last_two(file, shape[0], shape[1], shape[2] * shape[3]);
}

template <class T>
std::vector<T> memory_to_file_order(const std::vector<T>& memory, const std::vector<std::int64_t>& shape) {
  if (shape.size() != 4) return memory;
  return swap_last_two(memory, shape[0], shape[2] * shape[3], shape[1]);
}

template std::vector<float> file_to_memory_order(const std::vector<float>&, const std::vector<std::int64_t>&);
template std::vector<double> file_to_memory_order(const std::vector<double>&, const std::vector<std::int64_t>&);
template std::vector<float> memory_to_file_order(const std::vector<float>&, const std::vector<std::int64_t>&);
template std::vector<double> memory_to_file_order(const std::vector<double>&, const std::vector<std::int64_t>&);

}  // namespace kindling
