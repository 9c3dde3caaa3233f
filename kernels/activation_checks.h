#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/core/check.h"

namespace kindling {

// The checks of the activation ops, the same for all backends. `valid_n`: the images that must count in every
// activation; a backend that knows only whole batches gives N; `layout`: that of all. Throws Error(kInternal).

template <class C>
void check_materialize(const Deferred<C>& value, const Out<C>& y, std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("materialize", layout);
  const Shape4& shape = value.raw.shape;
  check.activation("raw", value.raw, shape, valid_n);
  check.optional_size("scale", value.scale, shape.c);
  check.size("shift", value.shift, value.scale.size());
  if (!value.residual.empty()) check.activation("residual", value.residual, shape, valid_n);
  check.optional_size("residual_scale", value.residual_scale, shape.c);
  check.size("residual_shift", value.residual_shift, value.residual_scale.size());
  check.activation("y", y, shape, valid_n);
}

template <class C>
void check_relu_backward(const In<C>& dy, const In<C>& y, const Out<C>& dx, std::int64_t valid_n,
                         Layout layout = Layout::kNhwc) {
  const OpCheck check("relu_backward", layout);
  check.activation("dy", dy, dy.shape, valid_n);
  check.activation("y", y, dy.shape, valid_n);
  check.activation("dx", dx, dy.shape, valid_n);
}

}  // namespace kindling
