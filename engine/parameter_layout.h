#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kindling {

// How a parameter starts (docs/NUMERICS.md, "Model"): kaiming-uniform with a = sqrt(5), which is
// U(-1/sqrt(fan_in), +1/sqrt(fan_in)), or a constant.
enum class Initializer { kUniformFanIn, kOnes, kZeros };

struct ParameterInfo {
  std::string name;                 // as in files: "layer1.0.conv1.weight"
  std::vector<std::int64_t> shape;  // as in files: OIHW for filters, [K, C] for the linear layer, [C] else
  Initializer initializer;
  std::int64_t fan_in;
  std::int64_t offset;  // first element in the arena
  std::int64_t size;    // elements
};

struct StatisticInfo {
  std::string name;
  double initial;
  std::int64_t offset;
  std::int64_t size;
};

// Where every parameter and every running statistic of a network lies in its flat arena. Layers add theirs in the order
// of the forward pass, which is the reverse of the order in which gradients become ready. Each tensor starts at a
// multiple of 256 bytes (for any element of at least 4 bytes); the gaps stay zero, so that an optimizer step and an
// all-reduce can run over the whole arena.
// In memory filters are K,R,S,C; everything else is as in files.
class ParameterLayout {
 public:
  // Both return the index that finds the tensor again.
  std::int64_t add_parameter(std::string name, std::vector<std::int64_t> shape, Initializer initializer,
                             std::int64_t fan_in = 0);
  std::int64_t add_statistic(std::string name, std::int64_t size, double initial);
  // Batch norms count the batches they have seen; all of a network's see the same, so one counter serves every name.
  void add_batch_counter(std::string name) { batch_counters_.push_back(std::move(name)); }

  const std::vector<ParameterInfo>& parameters() const { return parameters_; }
  const std::vector<StatisticInfo>& statistics() const { return statistics_; }
  const std::vector<std::string>& batch_counters() const { return batch_counters_; }

  std::int64_t parameter_arena_size() const { return parameter_arena_size_; }
  std::int64_t statistic_arena_size() const { return statistic_arena_size_; }
  std::int64_t parameter_count() const;  // without gaps

 private:
  std::vector<ParameterInfo> parameters_;
  std::vector<StatisticInfo> statistics_;
  std::vector<std::string> batch_counters_;
  std::int64_t parameter_arena_size_ = 0;
  std::int64_t statistic_arena_size_ = 0;
};

// The parameter's initial values in the order of files: element i of parameter number t is a function of (seed, t, i)
// alone, whatever the precision or the device (docs/NUMERICS.md, "Input", purpose 2).
std::vector<float> initial_values(const ParameterInfo& parameter, std::int64_t number, std::uint64_t seed);

// Filters change their order between files (OIHW, that is K,C,R,S) and memory (KRSC). For other tensors both are equal.
template <class T>
std::vector<T> file_to_memory_order(const std::vector<T>& file, const std::vector<std::int64_t>& shape);
template <class T>
std::vector<T> memory_to_file_order(const std::vector<T>& memory, const std::vector<std::int64_t>& shape);

}  // namespace kindling
