#pragma once

#include <cstdint>
#include <string>

#include "engine/layers/pass.h"
#include "kernels/conv2d.h"
#include "kernels/conv2d_inference.h"

namespace kindling {

// A convolution without bias, padded so that stride 1 keeps the size.
class Conv2d {
 public:
  // `image`: the input's extent for one image; r: filter side, 1 or 3.
  Conv2d(NetworkBuilder& builder, const std::string& name, const Shape4& image, std::int64_t k, std::int64_t r,
         std::int64_t stride)
      : shape_{.n = 1, .h = image.h, .w = image.w, .c = image.c, .k = k, .r = r, .stride = stride, .pad = r / 2},
        weight_(builder.parameters.add_parameter(name + ".weight", {k, image.c, r, r}, Initializer::kUniformFanIn,
                                                 image.c * r * r)),
        y_(builder.activations.add_activation(shape_.y_shape())) {}

  const Conv2dShape& shape() const { return shape_; }
  Shape4 output_image() const { return shape_.y_shape(); }
  std::int64_t weight() const { return weight_; }  // index in the parameter layout

  // What forward wrote.
  template <class C>
  Out<C> y(const Pass<C>& pass) const {
    return pass.activation(y_);
  }

  template <class C>
  Out<C> forward(const Pass<C>& pass, In<C> x) const {
    conv2d_forward(pass.context, batch_shape(pass), x, pass.parameters.filter(weight_), y(pass));
    return y(pass);
  }

  // Norm, residual and ReLU included; nothing is kept for a backward pass. rest: see kernels/conv2d_inference.h.
  template <class C>
  void inference(const Pass<C>& pass, In<C> x, const Deferred<C>& rest, Out<C> y) const {
    conv2d_inference(pass.context, batch_shape(pass), x, pass.parameters.filter(weight_), rest, y);
  }

  // Gradient of the filter.
  template <class C>
  void backward_weights(const Pass<C>& pass, In<C> x, In<C> dy) const {
    conv2d_wgrad(pass.context, batch_shape(pass), x, dy, pass.parameters.gradient(weight_));
  }

  // Gradient of the input: assigned, or added to dx.
  template <class C>
  void backward_input(const Pass<C>& pass, In<C> dy, Out<C> dx, Accumulate accumulate) const {
    conv2d_dgrad(pass.context, batch_shape(pass), dy, pass.parameters.filter(weight_), dx, accumulate);
  }

 private:
  template <class C>
  Conv2dShape batch_shape(const Pass<C>& pass) const {
    Conv2dShape shape = shape_;
    shape.n = pass.images;
    return shape;
  }

  Conv2dShape shape_;  // for one image
  std::int64_t weight_;
  ActivationSlice y_;
};

}  // namespace kindling
