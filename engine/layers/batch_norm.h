#pragma once

#include <cstdint>
#include <string>

#include "engine/layers/pass.h"
#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/core/error.h"

namespace kindling {

// The gradients that flow through a norm and the ReLU behind it: roles and aliasing as in BatchNormBackward.
template <class C>
struct NormGradients {
  In<C> dy;
  In<C> y;  // the ReLU's output; empty: there was none
  Out<C> dx;
  Out<C> dresidual;  // may be empty
};

class BatchNorm {
 public:
  BatchNorm(NetworkBuilder& builder, const std::string& name, std::int64_t channels)
      : gamma_(builder.parameters.add_parameter(name + ".weight", {channels}, Initializer::kOnes)),
        beta_(builder.parameters.add_parameter(name + ".bias", {channels}, Initializer::kZeros)),
        running_mean_(builder.parameters.add_statistic(name + ".running_mean", channels, 0.0)),
        running_var_(builder.parameters.add_statistic(name + ".running_var", channels, 1.0)),
        saved_mean_(builder.activations.add_channels(channels)),
        saved_inv_std_(builder.activations.add_channels(channels)),
        scale_(builder.activations.add_channels(channels)),
        shift_(builder.activations.add_channels(channels)) {
    builder.parameters.add_batch_counter(name + ".num_batches_tracked");
  }

  // In training this also moves the running statistics. In inference x isn't read.
  template <class C>
  Deferred<C> forward(const Pass<C>& pass, In<C> x) const {
    const ParameterStore<C>& store = pass.parameters;
    if (pass.mode == Mode::kTraining) {
      batch_norm_statistics(pass.context, BatchNormStatistics<C>{.x = x,
                                                                 .gamma = store.value(gamma_),
                                                                 .beta = store.value(beta_),
                                                                 .running_mean = store.statistic(running_mean_),
                                                                 .running_var = store.statistic(running_var_),
                                                                 .saved_mean = pass.channels(saved_mean_),
                                                                 .saved_inv_std = pass.channels(saved_inv_std_),
                                                                 .scale = pass.channels(scale_),
                                                                 .shift = pass.channels(shift_)});
    } else {
      batch_norm_inference(pass.context, BatchNormInference<C>{.gamma = store.value(gamma_),
                                                               .beta = store.value(beta_),
                                                               .running_mean = store.statistic(running_mean_),
                                                               .running_var = store.statistic(running_var_),
                                                               .scale = pass.channels(scale_),
                                                               .shift = pass.channels(shift_)});
    }
    Deferred<C> value;
    value.raw = x;
    value.scale = pass.channels(scale_);
    value.shift = pass.channels(shift_);
    return value;
  }

  template <class C>
  void backward(const Pass<C>& pass, In<C> x, const NormGradients<C>& gradients) const {
    const ParameterStore<C>& store = pass.parameters;
    batch_norm_backward(pass.context, BatchNormBackward<C>{.dy = gradients.dy,
                                                           .y = gradients.y,
                                                           .x = x,
                                                           .gamma = store.value(gamma_),
                                                           .saved_mean = pass.channels(saved_mean_),
                                                           .saved_inv_std = pass.channels(saved_inv_std_),
                                                           .dgamma = store.gradient(gamma_),
                                                           .dbeta = store.gradient(beta_),
                                                           .dx = gradients.dx,
                                                           .dresidual = gradients.dresidual});
  }

 private:
  std::int64_t gamma_;
  std::int64_t beta_;
  std::int64_t running_mean_;
  std::int64_t running_var_;
  ChannelSlice saved_mean_;
  ChannelSlice saved_inv_std_;
  ChannelSlice scale_;
  ChannelSlice shift_;
};

}  // namespace kindling
