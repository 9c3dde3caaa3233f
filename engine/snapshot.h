#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/io/checkpoint.h"
#include "engine/network.h"
#include "engine/optim/optimizer.h"
#include "engine/state_tensors.h"
#include "engine/training_state.h"

namespace kindling {

// A run at one moment, on the host: everything that training needs to go on with the same bits. Sections of the
// checkpoint: "weights" (parameters, running statistics, counters) and "optimizer.M" for each moment M, tensors named
// as the parameter they belong to. Numbers of the training state are metadata, written so that they come back exactly.
class Snapshot {
 public:
  // `options`: text that a resume compares (see apps/train/run_identity.h); kept as it is.
  template <class C>
  static Snapshot take(C& context, const Network<C>& network, const Optimizer<C>& optimizer, const TrainingState& state,
                       std::string options) {
    using param_t = typename C::param_t;
    Snapshot snapshot;
    snapshot.metadata_ = to_metadata(state);
    snapshot.metadata_["options"] = std::move(options);
    snapshot.step_ = state.step;
    const ParameterStore<C>& store = network.parameters();
    snapshot.sections_.emplace_back("weights", state_tensors<param_t>(context, store));
    for (const Moment<C>& moment : optimizer.moments()) {
      HostTensors tensors;
      for (const ParameterInfo& info : store.layout().parameters()) {
        const auto values = to_host<C, param_t>(context, ConstParams<C>(moment.values.subview(info.offset, info.size)));
        tensors.add<param_t>(info.name, info.shape, memory_to_file_order(values, info.shape));
      }
      snapshot.sections_.emplace_back(kOptimizerPrefix + moment.name, std::move(tensors));
    }
    return snapshot;
  }

  // For save_checkpoint; refers to this snapshot.
  CheckpointContents contents() const;

  // The inverse of `take`. Throws Error(kWeights) where the checkpoint is not of such a network and optimizer.
  template <class C>
  static TrainingState restore(C& context, const Checkpoint& checkpoint, Network<C>& network, Optimizer<C>& optimizer) {
    using param_t = typename C::param_t;
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
  static constexpr const char* kOptimizerPrefix = "optimizer.";

  static StringMap to_metadata(const TrainingState& state);
  static TrainingState from_metadata(const Checkpoint& checkpoint);

  std::int64_t step_ = 0;
  StringMap metadata_;
  std::vector<std::pair<std::string, HostTensors>> sections_;
};

}  // namespace kindling
