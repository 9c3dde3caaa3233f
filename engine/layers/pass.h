#pragma once

#include <cstdint>

#include "engine/activation_arena.h"
#include "engine/parameter_store.h"

namespace kindling {

enum class Mode { kTraining, kInference };

// What a network is built with: each layer reserves its parameters and what it writes.
struct NetworkBuilder {
  ParameterLayout parameters;
  ActivationLayout activations;
};

// What every layer needs during one pass over a batch. Layers themselves hold only indices and shapes: one network
// serves any context.
template <class C>
struct Pass {
  C& context;
  ParameterStore<C>& parameters;
  ActivationArena<C>& activations;
  std::int64_t images;
  Mode mode;

  Out<C> activation(const ActivationSlice& slice) const { return activations.activation(slice, images); }
  Params<C> channels(const ChannelSlice& slice) const { return activations.channels(slice); }
};

}  // namespace kindling
