#pragma once

#include <cstdint>
#include <vector>

#include "kernels/linear.h"
#include "kernels/pool2d.h"
#include "kernels/softmax_cross_entropy.h"
#include "tests/support/context_array.h"
#include "tests/support/random_values.h"

// Runs of the ops after the last convolution on any backend: pool, linear, loss.

namespace kindling::test {

template <class Backend>
std::vector<double> run_pool_forward(const Shape4& shape, std::int64_t valid_n, const std::vector<double>& values) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, values);
  const ActivationArray<C> y(context, shape.n * shape.c);
  global_average_pool_forward(context, x.activation(shape, valid_n), y.activation({shape.n, 1, 1, shape.c}, valid_n));
  return y.values();
}

template <class Backend>
std::vector<double> run_pool_backward(const Shape4& shape, std::int64_t valid_n, const std::vector<double>& values) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> dy(context, values);
  const ActivationArray<C> dx(context, shape.elements());
  global_average_pool_backward(context, dy.activation({shape.n, 1, 1, shape.c}, valid_n),
                               dx.activation(shape, valid_n));
  return dx.values();
}

struct LinearCase {
  std::int64_t n = 0;
  std::int64_t c = 0;
  std::int64_t k = 0;
  std::int64_t valid_n = 0;
  std::vector<double> x;
  std::vector<double> w;
  std::vector<double> b;
  std::vector<double> dlogits;

  Shape4 x_shape() const { return {n, 1, 1, c}; }
};

struct LinearGradients {
  std::vector<double> dx;
  std::vector<double> dw;
  std::vector<double> db;
};

inline LinearCase linear_case(std::int64_t n, std::int64_t c, std::int64_t k, std::uint64_t seed) {
  RandomValues random(seed);
  return {n, c, k, n, random.reals(n * c), random.reals(k * c), random.reals(k), random.reals(n * k)};
}

template <class Backend>
std::vector<double> run_linear_forward(const LinearCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, data.x);
  const ParamArray<C> w(context, data.w);
  const ParamArray<C> b(context, data.b);
  const ParamArray<C> logits(context, data.valid_n * data.k);
  linear_forward(context, LinearForward<C>{x.activation(data.x_shape(), data.valid_n), w, b, logits});
  return logits.values();
}

template <class Backend>
LinearGradients run_linear_backward(const LinearCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ActivationArray<C> x(context, data.x);
  const ParamArray<C> w(context, data.w);
  const ParamArray<C> dlogits(context, data.dlogits);
  const ActivationArray<C> dx(context, data.n * data.c);
  const ParamArray<C> dw(context, data.k * data.c);
  const ParamArray<C> db(context, data.k);
  linear_backward(context, LinearBackward<C>{x.activation(data.x_shape(), data.valid_n), w, dlogits,
                                             dx.activation(data.x_shape(), data.valid_n), dw, db});
  return {dx.values(), dw.values(), db.values()};
}

struct LossCase {
  std::int64_t classes = 0;
  std::vector<std::int32_t> labels;
  std::vector<double> logits;
  double label_smoothing = 0;
};

struct LossResult {
  BatchMetrics metrics;
  std::vector<double> dlogits;
};

// Where dlogits go: memory of their own, the logits', or nowhere.
enum class DlogitsInto { kOwn, kLogits, kNone };

inline LossCase loss_case(std::int64_t n, std::int64_t classes, double label_smoothing, std::uint64_t seed) {
  RandomValues random(seed);
  LossCase data{.classes = classes, .labels = {}, .logits = {}, .label_smoothing = label_smoothing};
  data.logits = mapped(random.reals(n * classes), [](double v) { return 4 * v; });
  for (std::int64_t i = 0; i < n; ++i) data.labels.push_back(static_cast<std::int32_t>(random.integer(0, classes - 1)));
  return data;
}

template <class Backend>
LossResult run_loss(const LossCase& data, DlogitsInto into = DlogitsInto::kOwn) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ParamArray<C> logits(context, data.logits);
  const ParamArray<C> own(context, static_cast<std::int64_t>(data.logits.size()));
  const ContextArray<C, std::int32_t> labels(context, data.labels);
  const ContextArray<C, BatchMetrics> metrics(context, 1);
  const ParamArray<C>& dlogits = into == DlogitsInto::kLogits ? logits : own;
  SoftmaxCrossEntropy<C> args{.logits = logits,
                              .labels = labels,
                              .classes = data.classes,
                              .label_smoothing = data.label_smoothing,
                              .dlogits = {},
                              .metrics = metrics};
  if (into != DlogitsInto::kNone) args.dlogits = dlogits;
  softmax_cross_entropy(context, args);
  return {metrics.elements()[0], dlogits.values()};
}

}  // namespace kindling::test
