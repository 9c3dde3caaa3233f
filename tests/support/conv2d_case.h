#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.h"
#include "tests/support/context_array.h"
#include "tests/support/random_values.h"
#include "tests/support/rounding.h"

namespace kindling::test {

// One convolution problem with its three inputs, and runs of the three passes on any backend.
struct Conv2dCase {
  Conv2dShape shape;
  std::int64_t valid_n = 0;
  std::vector<double> x;
  std::vector<double> w;
  std::vector<double> dy;
};

// Values that the type T holds exactly.
template <class T>
Conv2dCase real_conv2d_case(const Conv2dShape& shape, std::uint64_t seed) {
  RandomValues random(seed);
  return {shape, shape.n, rounded_to<T>(random.reals(shape.x_shape().elements())),
          rounded_to<T>(random.reals(shape.filter_elements())),
          rounded_to<T>(random.reals(shape.y_shape().elements()))};
}

inline Conv2dCase integer_conv2d_case(const Conv2dShape& shape, std::uint64_t seed) {
  RandomValues random(seed);
  return {shape, shape.n, random.small_integers(shape.x_shape().elements()),
          random.small_integers(shape.filter_elements()), random.small_integers(shape.y_shape().elements())};
}

template <class Backend>
std::vector<double> run_forward(const Conv2dCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, data.x);
  const ActivationArray<C> w(context, data.w);
  const ActivationArray<C> y(context, data.shape.y_shape().elements());
  conv2d_forward(context, data.shape, x.activation(data.shape.x_shape(), data.valid_n), w,
                 y.activation(data.shape.y_shape(), data.valid_n));
  return y.values();
}

// dx is what there was before; it is added to.
template <class Backend>
std::vector<double> run_dgrad_add(const Conv2dCase& data, const std::vector<double>& before) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> dy(context, data.dy);
  const ActivationArray<C> w(context, data.w);
  const ActivationArray<C> dx(context, before);
  conv2d_dgrad(context, data.shape, dy.activation(data.shape.y_shape(), data.valid_n), w,
               dx.activation(data.shape.x_shape(), data.valid_n), Accumulate::kAdd);
  return dx.values();
}

template <class Backend>
std::vector<double> run_dgrad(const Conv2dCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> dy(context, data.dy);
  const ActivationArray<C> w(context, data.w);
  const ActivationArray<C> dx(context, data.shape.x_shape().elements());
  conv2d_dgrad(context, data.shape, dy.activation(data.shape.y_shape(), data.valid_n), w,
               dx.activation(data.shape.x_shape(), data.valid_n), Accumulate::kAssign);
  return dx.values();
}

template <class Backend>
std::vector<double> run_wgrad(const Conv2dCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, data.x);
  const ActivationArray<C> dy(context, data.dy);
  const ParamArray<C> dw(context, data.shape.filter_elements());
  conv2d_wgrad(context, data.shape, x.activation(data.shape.x_shape(), data.valid_n),
               dy.activation(data.shape.y_shape(), data.valid_n), dw);
  return dw.values();
}

}  // namespace kindling::test
