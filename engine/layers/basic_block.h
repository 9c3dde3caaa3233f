#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/layers/conv2d.h"
#include "engine/layers/conv_norm_relu.h"
#include "engine/layers/norm.h"

namespace kindling {

// Three buffers that the backward pass writes gradients into, each large enough for any activation of the network.
// After a layer's backward, `dy` names the one that holds the gradient of the layer's input.
struct GradientBuffers {
  ActivationSlice dy;
  ActivationSlice spare;
  ActivationSlice scratch;
};

// The residual block of ResNet-18 (He et al., 2015, figure 2 left; "BasicBlock"):
//   y = relu( norm2(conv2( relu(norm1(conv1(x))) )) + shortcut(x) )
// where the shortcut is x itself, or norm(1x1 convolution) when the extent changes.
class BasicBlock {
 public:
  BasicBlock(NetworkBuilder& builder, const std::string& name, const Shape4& image, std::int64_t k, std::int64_t stride,
             NormKind norm)
      : conv1_(builder, name + ".conv1", image, k, 3, stride),
        norm1_(builder, name + ".bn1", k, norm),
        conv2_(builder, name + ".conv2", conv1_.output_image(), k, 3, 1),
        norm2_(builder, name + ".bn2", k, norm),
        hidden_(builder.activations.add_activation(conv1_.output_image())),
        y_(builder.activations.add_activation(conv2_.output_image())) {
    if (stride != 1 || image.c != k) shortcut_.emplace(builder, name + ".shortcut", image, k, stride, norm);
  }

  Shape4 output_image() const { return conv2_.output_image(); }
  const ActivationSlice& y_slice() const { return y_; }

  template <class C>
  Out<C> y(const Pass<C>& pass) const {
    return pass.activation(y_);
  }

  template <class C>
  Out<C> forward(const Pass<C>& pass, In<C> x) const {
    const Out<C> hidden = pass.activation(hidden_);
    conv_norm_relu(pass, conv1_, norm1_, x, Deferred<C>{}, hidden);
    Deferred<C> shortcut;
    if (shortcut_) {
      shortcut = shortcut_->norm.forward(pass, In<C>(shortcut_->conv.forward(pass, x)));
    } else {
      shortcut.raw = x;
    }
    conv_norm_relu(pass, conv2_, norm2_, In<C>(hidden), shortcut, y(pass));
    return y(pass);
  }

  // gradients.dy holds the gradient of y when called and that of x on return.
  template <class C>
  void backward(const Pass<C>& pass, In<C> x, GradientBuffers& gradients) const {
    const auto buffer = [&](const ActivationSlice& slice, const Shape4& image) {
      return pass.activation({slice.offset_per_image, image});
    };
    const Out<C> dy = buffer(gradients.dy, output_image());
    const Out<C> dsum = buffer(gradients.spare, output_image());  // gradient of the sum: of norm2 and of the shortcut
    const Out<C> dhidden = buffer(gradients.scratch, conv1_.output_image());
    const Out<C> hidden = pass.activation(hidden_);

    norm2_.backward(pass, In<C>(conv2_.y(pass)), NormGradients<C>{.dy = dy, .y = y(pass), .dx = dy, .dresidual = dsum});
    conv2_.backward_weights(pass, In<C>(hidden), In<C>(dy));
    conv2_.backward_input(pass, In<C>(dy), dhidden, Accumulate::kAssign);
    norm1_.backward(pass, In<C>(conv1_.y(pass)),
                    NormGradients<C>{.dy = dhidden, .y = hidden, .dx = dhidden, .dresidual = {}});
    conv1_.backward_weights(pass, x, In<C>(dhidden));

    if (shortcut_) {
      shortcut_->norm.backward(pass, In<C>(shortcut_->conv.y(pass)),
                               NormGradients<C>{.dy = dsum, .y = {}, .dx = dsum, .dresidual = {}});
      shortcut_->conv.backward_weights(pass, x, In<C>(dsum));
      // dy is free now: it takes the gradient of x.
      shortcut_->conv.backward_input(pass, In<C>(dsum), buffer(gradients.dy, x.shape), Accumulate::kAssign);
    } else {
      std::swap(gradients.dy, gradients.spare);  // the identity's gradient is dsum itself
    }
    conv1_.backward_input(pass, In<C>(dhidden), buffer(gradients.dy, x.shape), Accumulate::kAdd);
  }

  // For summaries, in the order of the parameters.
  const Conv2d& conv1() const { return conv1_; }
  const Conv2d& conv2() const { return conv2_; }
  const Conv2d* shortcut_conv() const { return shortcut_ ? &shortcut_->conv : nullptr; }

 private:
  struct Shortcut {
    Shortcut(NetworkBuilder& builder, const std::string& name, const Shape4& image, std::int64_t k, std::int64_t stride,
             NormKind norm_kind)
        : conv(builder, name + ".0", image, k, 1, stride), norm(builder, name + ".1", k, norm_kind) {}
    Conv2d conv;
    Norm norm;
  };

  Conv2d conv1_;
  Norm norm1_;
  Conv2d conv2_;
  Norm norm2_;
  ActivationSlice hidden_;
  ActivationSlice y_;
  std::optional<Shortcut> shortcut_;
};

}  // namespace kindling
