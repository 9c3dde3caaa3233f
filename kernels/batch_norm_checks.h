#pragma once

#include <cstdint>
#include <string>

#include "kernels/batch_norm.h"
#include "kernels/core/check.h"

namespace kindling {

// The checks of the batch norm ops, the same for all backends. `valid_n`: the images that must count in every
// activation; a backend that knows only whole batches gives N; `layout`: that of all. Throws what kernels/batch_norm.h
// says.

template <class C>
void check_arguments(const BatchNormStatistics<C>& args, std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("batch_norm_statistics", layout);
  const Shape4& shape = args.x.shape;
  check.activation("x", args.x, shape, valid_n);
  check.size("gamma", args.gamma, shape.c);
  check.size("beta", args.beta, shape.c);
  check.size("running_mean", args.running_mean, shape.c);
  check.size("running_var", args.running_var, shape.c);
  check.size("saved_mean", args.saved_mean, shape.c);
  check.size("saved_inv_std", args.saved_inv_std, shape.c);
  check.size("scale", args.scale, shape.c);
  check.size("shift", args.shift, shape.c);
  const std::int64_t count = valid_n * shape.h * shape.w;
  if (count < 2) {
    throw Error(ErrorCode::kUsage, "batch norm in training needs more than 1 value per channel; x is " +
                                       to_string(shape) + " and has " + std::to_string(count));
  }
}

// There is no activation here that could be cut short.
template <class C>
void check_arguments(const BatchNormInference<C>& args) {
  const OpCheck check("batch_norm_inference");
  const std::int64_t channels = args.gamma.size();
  check.size("beta", args.beta, channels);
  check.size("running_mean", args.running_mean, channels);
  check.size("running_var", args.running_var, channels);
  check.size("scale", args.scale, channels);
  check.size("shift", args.shift, channels);
}

template <class C>
void check_arguments(const BatchNormBackward<C>& args, std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("batch_norm_backward", layout);
  const Shape4& shape = args.dy.shape;
  check.activation("dy", args.dy, shape, valid_n);
  if (!args.y.empty()) check.activation("y", args.y, shape, valid_n);
  check.activation("x", args.x, shape, valid_n);
  check.size("gamma", args.gamma, shape.c);
  check.size("saved_mean", args.saved_mean, shape.c);
  check.size("saved_inv_std", args.saved_inv_std, shape.c);
  check.size("dgamma", args.dgamma, shape.c);
  check.size("dbeta", args.dbeta, shape.c);
  check.activation("dx", args.dx, shape, valid_n);
  if (!args.dresidual.empty()) check.activation("dresidual", args.dresidual, shape, valid_n);
}

}  // namespace kindling
