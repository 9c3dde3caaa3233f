#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/checkpoint.h"
#include "engine/network.h"
#include "engine/optim/optimizer.h"
#include "engine/state_tensors.h"
#include "engine/training_state.h"

namespace kindling {

// The training state as strings that read back as exactly the same numbers, and back; the step is the checkpoint's own.
// Throws Error(kWeights) for metadata that no run writes.
StringMap to_metadata(const TrainingState& state);
TrainingState from_metadata(const Checkpoint& checkpoint);

// A run at one moment, on the host: everything that training needs to go on with the same bits. Sections of the
// checkpoint: "weights" (parameters, running statistics, counters) and "optimizer.M" for each moment M, tensors named
// as the parameter they belong to. Numbers of the training state are metadata, written so that they come back exactly.
//
// It takes its memory once, a second buffer for all that a run changes. So `take` is no more than a copy, and the run
// may go on while another thread puts the copy in order and writes it.
template <class C>
class Snapshot {
 public:
  using param_t = typename C::param_t;

  // Network and optimizer outlive it. Throws what allocate_staging throws.
  Snapshot(C& context, const Network<C>& network, const Optimizer<C>& optimizer)
      : context_(context), store_(network.parameters()), optimizer_(optimizer) {
    parameters_.push_back(copy_of("snapshot of parameters"));
    for (std::size_t i = 0; i < optimizer.moments().size(); ++i) parameters_.push_back(copy_of("snapshot of moments"));
    statistics_ = allocate_staging(context, statistic_bytes(), "snapshot of statistics");
  }

  // Copies the run as it is now, after all ops called so far. `options`: text that a resume compares (see
  // apps/train/run_identity.h); kept as it is.
  void take(const TrainingState& state, std::string options) {
    step_ = state.step;
    metadata_ = to_metadata(state);
    metadata_["options"] = std::move(options);
    batches_tracked_ = store_.batches_tracked();
    copy_to_host(context_, parameters_[0].get(), store_.values().data(), parameter_bytes());
    for (std::size_t i = 0; i < optimizer_.moments().size(); ++i) {
      copy_to_host(context_, parameters_[i + 1].get(), optimizer_.moments()[i].values.data(), parameter_bytes());
    }
    if (statistic_bytes() > 0) {  // a network without batch norm has none
      copy_to_host(context_, statistics_.get(), store_.statistics().data(), statistic_bytes());
    }
    is_in_file_order_ = false;
  }

  // For save_checkpoint; its first section is that of the weights. Refers to this snapshot until the next `take`. Looks
  // at nothing of the run that may change meanwhile, so that any thread may call it.
  CheckpointContents contents() {
    if (!is_in_file_order_) put_in_file_order();
    CheckpointContents contents{.step = step_, .metadata = metadata_, .sections = {}};
    contents.sections.push_back({"weights", records_of(parameters_[0])});
    add_statistics(contents.sections.back().tensors);
    for (std::size_t i = 0; i < optimizer_.moments().size(); ++i) {
      contents.sections.push_back({kOptimizerPrefix + optimizer_.moments()[i].name, records_of(parameters_[i + 1])});
    }
    return contents;
  }

  // The inverse of `take`. Throws Error(kWeights) where the checkpoint is not of such a network and optimizer.
  static TrainingState restore(C& context, const Checkpoint& checkpoint, Network<C>& network, Optimizer<C>& optimizer) {
    ParameterStore<C>& store = network.parameters();
    load_state_tensors<param_t>(context, store, checkpoint.origin(), checkpoint.section("weights").tensors);
    for (const Moment<C>& moment : optimizer.moments()) {
      for (const ParameterInfo& info : store.layout().parameters()) {
        std::vector<param_t> values(static_cast<std::size_t>(info.size));
        copy_elements<param_t>(
            checkpoint.tensor(kOptimizerPrefix + moment.name, info.name, kDTypeOf<param_t>, info.shape), values);
        from_host<C, param_t>(context, moment.values.subview(info.offset, info.size),
                              file_to_memory_order(values, info.shape));
      }
    }
    TrainingState state = from_metadata(checkpoint);
    if (state.step > 0) optimizer.set_scalars(context, 0, state.step);
    return state;
  }

 private:
  using Memory = decltype(allocate_staging(std::declval<C&>(), std::size_t{}, ""));

  static constexpr const char* kOptimizerPrefix = "optimizer.";

  std::size_t parameter_bytes() const { return bytes_of(store_.layout().parameter_arena_size()); }
  std::size_t statistic_bytes() const { return bytes_of(store_.layout().statistic_arena_size()); }
  static std::size_t bytes_of(std::int64_t elements) { return static_cast<std::size_t>(elements) * sizeof(param_t); }

  Memory copy_of(const char* label) { return allocate_staging(context_, parameter_bytes(), label); }

  // One tensor of an arena's copy, by its ParameterInfo or StatisticInfo.
  template <class Info>
  static std::span<std::byte> tensor_in(const Memory& arena, const Info& info) {
    return {arena.get() + bytes_of(info.offset), bytes_of(info.size)};
  }

  // In place, tensor by tensor, so that it needs no third buffer.
  void put_in_file_order() {
    for (const Memory& arena : parameters_) {
      for (const ParameterInfo& info : store_.layout().parameters()) {
        const std::span<std::byte> tensor = tensor_in(arena, info);
        std::vector<param_t> values(static_cast<std::size_t>(info.size));
        std::memcpy(values.data(), tensor.data(), tensor.size());
        values = memory_to_file_order(values, info.shape);
        std::memcpy(tensor.data(), values.data(), tensor.size());
      }
    }
    is_in_file_order_ = true;
  }

  std::vector<TensorRecord> records_of(const Memory& arena) const {
    std::vector<TensorRecord> records;
    for (const ParameterInfo& info : store_.layout().parameters()) {
      records.push_back({info.name, kDTypeOf<param_t>, info.shape, tensor_in(arena, info)});
    }
    return records;
  }

  // Running statistics and batch counters, as PyTorch's state_dict names them.
  void add_statistics(std::vector<TensorRecord>& records) const {
    for (const StatisticInfo& info : store_.layout().statistics()) {
      records.push_back({info.name, kDTypeOf<param_t>, {info.size}, tensor_in(statistics_, info)});
    }
    for (const std::string& name : store_.layout().batch_counters()) {
      records.push_back({name, DType::kI64, {}, std::as_bytes(std::span(&batches_tracked_, 1))});
    }
  }

  C& context_;
  const ParameterStore<C>& store_;
  const Optimizer<C>& optimizer_;
  std::vector<Memory> parameters_;  // the parameters' arena, then those of the moments
  Memory statistics_;
  std::int64_t batches_tracked_ = 0;
  std::int64_t step_ = 0;
  StringMap metadata_;
  bool is_in_file_order_ = false;
};

}  // namespace kindling
