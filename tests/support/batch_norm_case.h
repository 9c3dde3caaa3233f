#pragma once

#include <cstdint>
#include <vector>

#include "kernels/batch_norm.h"
#include "tests/support/context_array.h"
#include "tests/support/random_values.h"

namespace kindling::test {

// Inputs of the three ops of batch norm.
struct BatchNormCase {
  Shape4 shape;
  std::int64_t valid_n = 0;
  std::vector<double> x;
  std::vector<double> gamma;
  std::vector<double> beta;
  std::vector<double> running_mean;
  std::vector<double> running_var;
  double eps = 1e-5;
  double momentum = 0.1;
};

struct BatchNormState {
  std::vector<double> running_mean;
  std::vector<double> running_var;
  std::vector<double> saved_mean;
  std::vector<double> saved_inv_std;
  std::vector<double> scale;
  std::vector<double> shift;
};

struct BatchNormGradients {
  std::vector<double> dgamma;
  std::vector<double> dbeta;
  std::vector<double> dx;
  std::vector<double> dresidual;
};

// Where dx and dresidual go: memory of their own, or dy's; and whether dresidual is wanted.
enum class BatchNormInto { kOwn, kDxIsDy, kDresidualIsDy, kNoDresidual };

// x uniform in [mean - 1, mean + 1), gamma in [0.5, 1.5).
inline BatchNormCase batch_norm_case(const Shape4& shape, std::uint64_t seed, double mean = 0) {
  RandomValues random(seed);
  return {.shape = shape,
          .valid_n = shape.n,
          .x = mapped(random.reals(shape.elements()), [mean](double v) { return mean + v; }),
          .gamma = mapped(random.reals(shape.c), [](double v) { return 1 + v / 2; }),
          .beta = random.reals(shape.c),
          .running_mean = random.reals(shape.c),
          .running_var = mapped(random.reals(shape.c), [](double v) { return 1.5 + v; })};
}

template <class Backend>
BatchNormState run_statistics(const BatchNormCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const std::int64_t channels = data.shape.c;
  const ActivationArray<C> x(context, data.x);
  const ParamArray<C> gamma(context, data.gamma);
  const ParamArray<C> beta(context, data.beta);
  const ParamArray<C> running_mean(context, data.running_mean);
  const ParamArray<C> running_var(context, data.running_var);
  const ParamArray<C> saved_mean(context, channels);
  const ParamArray<C> saved_inv_std(context, channels);
  const ParamArray<C> scale(context, channels);
  const ParamArray<C> shift(context, channels);
  batch_norm_statistics(context, BatchNormStatistics<C>{.x = x.activation(data.shape, data.valid_n),
                                                        .gamma = gamma,
                                                        .beta = beta,
                                                        .eps = data.eps,
                                                        .momentum = data.momentum,
                                                        .running_mean = running_mean,
                                                        .running_var = running_var,
                                                        .saved_mean = saved_mean,
                                                        .saved_inv_std = saved_inv_std,
                                                        .scale = scale,
                                                        .shift = shift});
  return {running_mean.values(),  running_var.values(), saved_mean.values(),
          saved_inv_std.values(), scale.values(),       shift.values()};
}

// Fills scale and shift only.
template <class Backend>
BatchNormState run_inference(const BatchNormCase& data) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const ParamArray<C> gamma(context, data.gamma);
  const ParamArray<C> beta(context, data.beta);
  const ParamArray<C> running_mean(context, data.running_mean);
  const ParamArray<C> running_var(context, data.running_var);
  const ParamArray<C> scale(context, data.shape.c);
  const ParamArray<C> shift(context, data.shape.c);
  batch_norm_inference(context, BatchNormInference<C>{.gamma = gamma,
                                                      .beta = beta,
                                                      .running_mean = running_mean,
                                                      .running_var = running_var,
                                                      .eps = data.eps,
                                                      .scale = scale,
                                                      .shift = shift});
  BatchNormState state;
  state.scale = scale.values();
  state.shift = shift.values();
  return state;
}

// What the backward pass takes besides x and gamma of the case; an empty y means that there was no ReLU.
struct BatchNormUpstream {
  std::vector<double> dy;
  std::vector<double> y;
  std::vector<double> saved_mean;
  std::vector<double> saved_inv_std;
};

template <class Backend>
BatchNormGradients run_backward(const BatchNormCase& data, const BatchNormUpstream& upstream,
                                BatchNormInto into = BatchNormInto::kOwn) {
  using C = typename Backend::Context;
  C context = Backend::make();
  const auto as_activation = [&](const ActivationArray<C>& array) {
    return array.activation(data.shape, data.valid_n);
  };
  const ActivationArray<C> dy(context, upstream.dy);
  const ActivationArray<C> y(context, upstream.y);
  const ActivationArray<C> x(context, data.x);
  const ParamArray<C> gamma(context, data.gamma);
  const ParamArray<C> saved_mean(context, upstream.saved_mean);
  const ParamArray<C> saved_inv_std(context, upstream.saved_inv_std);
  const ParamArray<C> dgamma(context, data.shape.c);
  const ParamArray<C> dbeta(context, data.shape.c);
  const ActivationArray<C> own_dx(context, data.shape.elements());
  const ActivationArray<C> own_dresidual(context, data.shape.elements());
  const ActivationArray<C>& dx = into == BatchNormInto::kDxIsDy ? dy : own_dx;
  const ActivationArray<C>& dresidual = into == BatchNormInto::kDresidualIsDy ? dy : own_dresidual;
  BatchNormBackward<C> args{.dy = as_activation(dy),
                            .y = {},
                            .x = as_activation(x),
                            .gamma = gamma,
                            .saved_mean = saved_mean,
                            .saved_inv_std = saved_inv_std,
                            .dgamma = dgamma,
                            .dbeta = dbeta,
                            .dx = as_activation(dx),
                            .dresidual = {}};
  if (!upstream.y.empty()) args.y = as_activation(y);
  if (into != BatchNormInto::kNoDresidual) args.dresidual = as_activation(dresidual);
  batch_norm_backward(context, args);
  return {dgamma.values(), dbeta.values(), dx.values(), dresidual.values()};
}

}  // namespace kindling::test
