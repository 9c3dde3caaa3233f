#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/safetensors.h"
#include "engine/parameter_store.h"

namespace kindling {

// A network's state as PyTorch's state_dict names and orders it, in type T: parameters (filters as OIHW), running
// statistics and batch counters.
template <class T>
std::vector<TensorSpec> state_specs(const ParameterLayout& layout) {
  std::vector<TensorSpec> specs;
  for (const ParameterInfo& info : layout.parameters()) specs.push_back({info.name, kDTypeOf<T>, info.shape});
  for (const StatisticInfo& info : layout.statistics()) specs.push_back({info.name, kDTypeOf<T>, {info.size}});
  for (const std::string& name : layout.batch_counters()) specs.push_back({name, DType::kI64, {}});
  return specs;
}

// Fills the store from tensors of type T; all of them must be there, with the right shapes, and nothing else. Throws
// Error(kWeights), beginning with `origin`, before anything is changed.
template <class T, class C>
void load_state_tensors(C& context, ParameterStore<C>& store, std::string_view origin,
                        std::span<const TensorRecord> tensors) {
  using param_t = typename C::param_t;
  const ParameterLayout& layout = store.layout();
  require_tensors(origin, tensors, state_specs<T>(layout));
  const auto read = [&](const std::string& name, std::int64_t size) {
    for (const TensorRecord& tensor : tensors) {
      if (tensor.name != name) continue;
      std::vector<T> values(static_cast<std::size_t>(size));
      copy_elements<T>(tensor, values);
      return std::vector<param_t>(values.begin(), values.end());
    }
    throw Error(ErrorCode::kInternal, "internal error: a required tensor is missing");
  };
  for (std::size_t i = 0; i < layout.parameters().size(); ++i) {
    const ParameterInfo& info = layout.parameters()[i];
    store.load_parameter(context, static_cast<std::int64_t>(i), read(info.name, info.size));
  }
  for (std::size_t i = 0; i < layout.statistics().size(); ++i) {
    const StatisticInfo& info = layout.statistics()[i];
    from_host<C, param_t>(context, store.statistic(static_cast<std::int64_t>(i)), read(info.name, info.size));
  }
  for (const TensorRecord& tensor : tensors) {
    if (layout.batch_counters().empty() || tensor.name != layout.batch_counters().front()) continue;
    std::int64_t batches = 0;
    copy_elements<std::int64_t>(tensor, {&batches, 1});
    store.set_batches_tracked(batches);
  }
  store.parameters_changed(context);
}

}  // namespace kindling
