#pragma once

#include <cstdint>
#include <iterator>
#include <vector>

#include "kernels/conv2d_inference.h"
#include "tests/support/activation_case.h"
#include "tests/support/context_array.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/rounding.h"

namespace kindling::test {

// What follows the convolution is that of `rest`, whose raw isn't read.
template <class Backend>
std::vector<double> run_inference(const Conv2dCase& data, const DeferredCase& rest) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, data.x);
  const ActivationArray<C> w(context, data.w);
  const ActivationArray<C> y(context, data.shape.y_shape().elements());
  const ActivationArray<C> residual(context, rest.residual);
  const ParamArray<C> scale(context, rest.scale);
  const ParamArray<C> shift(context, rest.shift);
  const ParamArray<C> residual_scale(context, rest.residual_scale);
  const ParamArray<C> residual_shift(context, rest.residual_shift);
  Deferred<C> value;
  value.scale = scale;
  value.shift = shift;
  if (!rest.residual.empty()) value.residual = residual.activation(rest.shape, rest.valid_n);
  value.residual_scale = residual_scale;
  value.residual_shift = residual_shift;
  value.relu = rest.relu;
  conv2d_inference(context, data.shape, x.activation(data.shape.x_shape(), data.valid_n), w, value,
                   y.activation(data.shape.y_shape(), data.valid_n));
  return y.values();
}

// The bits of a convolution and a pass of its own over what it left. The forms of the second take turns.
template <class Backend>
void expect_inference_has_the_bits_of_two_passes(const std::vector<Conv2dShape>& shapes, std::uint64_t seed) {
  using Activation = typename Backend::Context::activation_t;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    SCOPED_TRACE(to_string(shapes[i]));
    const Conv2dCase data = real_conv2d_case<Activation>(shapes[i], seed + i);
    DeferredCase rest = deferred_case(shapes[i].y_shape(), kDeferredForms[i % std::size(kDeferredForms)], seed + i + 1);
    rest.residual = rounded_to<Activation>(rest.residual);
    rest.raw = run_forward<Backend>(data);
    expect_equal(run_inference<Backend>(data, rest), run_materialize<Backend>(rest), "y");
  }
}

}  // namespace kindling::test
