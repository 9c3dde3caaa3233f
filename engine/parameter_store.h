#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/buffer.h"
#include "engine/parameter_layout.h"
#include "kernels/context.h"
#include "kernels/round_parameters.h"

namespace kindling {

// Owns a network's parameters, their gradients and its running statistics, one flat arena each, in the context's
// memory. It is also the place for copies derived from the parameters that convolutions read (bf16, packed or
// transformed filters): those are rebuilt by `parameters_changed`, after each optimizer step and each load, and never
// saved. In fp32 without packing the parameters themselves serve.
template <class C>
class ParameterStore {
 public:
  using param_t = typename C::param_t;
  using activation_t = typename C::activation_t;

  ParameterStore(C& context, ParameterLayout layout)
      : layout_(std::move(layout)),
        values_(context, layout_.parameter_arena_size(), "parameters"),
        gradients_(context, layout_.parameter_arena_size(), "gradients"),
        rounded_(context, kRoundedFilters ? layout_.parameter_arena_size() : 0, "rounded parameters"),
        statistics_(context, layout_.statistic_arena_size(), "running statistics") {}

  const ParameterLayout& layout() const { return layout_; }

  // The whole arenas, gaps included (zero).
  Params<C> values() const { return values_.view(); }
  Params<C> gradients() const { return gradients_.view(); }
  Params<C> statistics() const { return statistics_.view(); }

  // One tensor, by the index that ParameterLayout gave.
  Params<C> value(std::int64_t index) const { return slice(values_, layout_.parameters(), index); }
  Params<C> gradient(std::int64_t index) const { return slice(gradients_, layout_.parameters(), index); }
  Params<C> statistic(std::int64_t index) const { return slice(statistics_, layout_.statistics(), index); }

  // What a convolution reads: the parameter itself, or its rounded copy.
  Filter<C> filter(std::int64_t index) const {
    if constexpr (kRoundedFilters) {
      return slice(rounded_, layout_.parameters(), index);
    } else {
      return value(index);
    }
  }
  void parameters_changed([[maybe_unused]] C& context) {
    if constexpr (kRoundedFilters) round_parameters(context, ConstParams<C>(values()), rounded_.view());
  }

  // Training batches seen by the batch norms.
  std::int64_t batches_tracked() const { return batches_tracked_; }
  void set_batches_tracked(std::int64_t batches) { batches_tracked_ = batches; }

  // Parameters as docs/NUMERICS.md defines them for the seed; statistics as for a network that has seen nothing.
  void initialize(C& context, std::uint64_t seed) {
    for (std::size_t i = 0; i < layout_.parameters().size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      const std::vector<float> start = initial_values(layout_.parameters()[i], index, seed);
      load_parameter(context, index, std::vector<param_t>(start.begin(), start.end()));
    }
    for (std::size_t i = 0; i < layout_.statistics().size(); ++i) {
      const StatisticInfo& info = layout_.statistics()[i];
      const std::vector<param_t> start(static_cast<std::size_t>(info.size), static_cast<param_t>(info.initial));
      from_host<C, param_t>(context, statistic(static_cast<std::int64_t>(i)), start);
    }
    batches_tracked_ = 0;
    parameters_changed(context);
  }

  // One parameter or gradient in the order of files. After loading, call parameters_changed.
  void load_parameter(C& context, std::int64_t index, const std::vector<param_t>& file_order) {
    const ParameterInfo& info = layout_.parameters()[static_cast<std::size_t>(index)];
    from_host<C, param_t>(context, value(index), file_to_memory_order(file_order, info.shape));
  }
  std::vector<param_t> parameter_for_file(C& context, std::int64_t index) const {
    return for_file(context, value(index), index);
  }
  std::vector<param_t> gradient_for_file(C& context, std::int64_t index) const {
    return for_file(context, gradient(index), index);
  }

 private:
  static constexpr bool kRoundedFilters = !std::is_same_v<activation_t, param_t>;

  template <class T, class Infos>
  static View<typename C::space, T> slice(const Buffer<C, T>& arena, const Infos& infos, std::int64_t index) {
    const auto& info = infos[static_cast<std::size_t>(index)];
    return arena.view().subview(info.offset, info.size);
  }
  std::vector<param_t> for_file(C& context, ConstParams<C> tensor, std::int64_t index) const {
    const ParameterInfo& info = layout_.parameters()[static_cast<std::size_t>(index)];
    return memory_to_file_order(to_host<C, param_t>(context, tensor), info.shape);
  }

  ParameterLayout layout_;
  Buffer<C, param_t> values_;
  Buffer<C, param_t> gradients_;
  Buffer<C, activation_t> rounded_;
  Buffer<C, param_t> statistics_;
  std::int64_t batches_tracked_ = 0;
};

}  // namespace kindling
