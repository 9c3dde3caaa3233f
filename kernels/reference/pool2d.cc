#include "kernels/pool2d.h"

#include <cstdint>

#include "kernels/core/check.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {

template <class T>
void global_average_pool_forward(ReferenceContext<T>& /*context*/, In<ReferenceContext<T>> x,
                                 Out<ReferenceContext<T>> y) {
  const OpCheck check("global_average_pool_forward");
  const std::int64_t channels = x.shape.c;
  const std::int64_t pixels = x.shape.h * x.shape.w;
  check.activation("x", x, x.shape, x.valid_n);
  check.positive("H W of x", pixels);
  check.activation("y", y, {x.shape.n, 1, 1, channels}, x.valid_n);

  for (std::int64_t n = 0; n < x.valid_n; ++n) {
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (std::int64_t i = 0; i < pixels; ++i) sum += static_cast<double>(x.data[(n * pixels + i) * channels + c]);
      y.data[n * channels + c] = static_cast<T>(sum / static_cast<double>(pixels));
    }
  }
  zero_other_images(y);
}

template <class T>
void global_average_pool_backward(ReferenceContext<T>& /*context*/, In<ReferenceContext<T>> dy,
                                  Out<ReferenceContext<T>> dx) {
  const OpCheck check("global_average_pool_backward");
  const std::int64_t channels = dx.shape.c;
  const std::int64_t pixels = dx.shape.h * dx.shape.w;
  check.activation("dx", dx, dx.shape, dy.valid_n);
  check.positive("H W of dx", pixels);
  check.activation("dy", dy, {dx.shape.n, 1, 1, channels}, dy.valid_n);

  for (std::int64_t i = 0; i < valid_elements(dx); ++i) {
    const std::int64_t n = i / (pixels * channels);
    const std::int64_t c = i % channels;
    dx.data[i] = static_cast<T>(static_cast<double>(dy.data[n * channels + c]) / static_cast<double>(pixels));
  }
  zero_other_images(dx);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void global_average_pool_forward(F32&, In<F32>, Out<F32>);
template void global_average_pool_forward(F64&, In<F64>, Out<F64>);
template void global_average_pool_backward(F32&, In<F32>, Out<F32>);
template void global_average_pool_backward(F64&, In<F64>, Out<F64>);

}  // namespace kindling
