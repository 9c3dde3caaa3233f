#pragma once

#include <optional>
#include <string>

#include "engine/layers/batch_norm.h"
#include "kernels/activation.h"

namespace kindling {

enum class NormKind { kBatch, kNone };

// What stands between a convolution and its activation: batch norm, or nothing (--norm none), in which case values and
// gradients pass through and only the ReLU is left.
class Norm {
 public:
  Norm(NetworkBuilder& builder, const std::string& name, std::int64_t channels, NormKind kind) {
    if (kind == NormKind::kBatch) batch_norm_.emplace(builder, name, channels);
  }

  // The normalised value, not yet written out. In inference x may be empty: what is normalised is known later.
  template <class C>
  Deferred<C> forward(const Pass<C>& pass, In<C> x) const {
    if (batch_norm_) return batch_norm_->forward(pass, x);
    Deferred<C> value;
    value.raw = x;
    return value;
  }

  // Gradients through y = relu(norm(x) + residual); see BatchNormBackward for the arguments that may be empty.
  template <class C>
  void backward(const Pass<C>& pass, In<C> x, const NormGradients<C>& gradients) const {
    if (batch_norm_) {
      batch_norm_->backward(pass, x, gradients);
      return;
    }
    if (gradients.y.empty()) {
      require(gradients.dx.data == gradients.dy.data && gradients.dresidual.empty(),
              "without norm and ReLU the gradient stays where it is");
      return;
    }
    if (!gradients.dresidual.empty()) relu_backward(pass.context, gradients.dy, gradients.y, gradients.dresidual);
    relu_backward(pass.context, gradients.dy, gradients.y, gradients.dx);
  }

 private:
  std::optional<BatchNorm> batch_norm_;
};

}  // namespace kindling
