#pragma once

#include <cstdint>

#include "kernels/conv2d.h"
#include "kernels/core/check.h"

namespace kindling {

// The checks of the convolutions, the same for all backends. `valid_n`: the images that must count in both activations;
// a backend that knows only whole batches gives N; `layout`: that of both. Throws Error(kInternal).

template <class C>
void check_conv2d_forward(const Conv2dShape& shape, const In<C>& x, const Filter<C>& w, const Out<C>& y,
                          std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("conv2d_forward", layout);
  check.convolution(shape);
  check.activation("x", x, shape.x_shape(), valid_n);
  check.size("w", w, shape.filter_elements());
  check.activation("y", y, shape.y_shape(), valid_n);
}

template <class C>
void check_conv2d_dgrad(const Conv2dShape& shape, const In<C>& dy, const Filter<C>& w, const Out<C>& dx,
                        std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("conv2d_dgrad", layout);
  check.convolution(shape);
  check.activation("dy", dy, shape.y_shape(), valid_n);
  check.size("w", w, shape.filter_elements());
  check.activation("dx", dx, shape.x_shape(), valid_n);
}

template <class C>
void check_conv2d_wgrad(const Conv2dShape& shape, const In<C>& x, const In<C>& dy, const Params<C>& dw,
                        std::int64_t valid_n, Layout layout = Layout::kNhwc) {
  const OpCheck check("conv2d_wgrad", layout);
  check.convolution(shape);
  check.activation("x", x, shape.x_shape(), valid_n);
  check.activation("dy", dy, shape.y_shape(), valid_n);
  check.size("dw", dw, shape.filter_elements());
}

}  // namespace kindling
