#pragma once

#include "engine/layers/conv2d.h"
#include "engine/layers/norm.h"
#include "engine/layers/pass.h"
#include "kernels/activation.h"

namespace kindling {

// What the network is made of: y = relu(norm(conv(x)) + residual). `shortcut` is the residual with its own norm as a
// Deferred (raw, scale, shift), or empty. In training the convolution's output is written too, for the backward pass;
// in inference y is all that is written.
template <class C>
void conv_norm_relu(const Pass<C>& pass, const Conv2d& conv, const Norm& norm, In<C> x, const Deferred<C>& shortcut,
                    Out<C> y) {
  const bool is_training = pass.mode == Mode::kTraining;
  Deferred<C> value = norm.forward(pass, is_training ? In<C>(conv.forward(pass, x)) : In<C>());
  value.residual = shortcut.raw;
  value.residual_scale = shortcut.scale;
  value.residual_shift = shortcut.shift;
  value.relu = true;
  if (is_training) return materialize(pass.context, value, y);
  conv.inference(pass, x, value, y);
}

}  // namespace kindling
