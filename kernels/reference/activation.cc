#include "kernels/activation.h"

#include <cstdint>

#include "kernels/activation_checks.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

// x * scale + shift for channel c; x where both are empty.
template <class T>
double affine(T x, HostView<const T> scale, HostView<const T> shift, std::int64_t c) {
  if (scale.empty()) return static_cast<double>(x);
  return static_cast<double>(x) * static_cast<double>(scale[c]) + static_cast<double>(shift[c]);
}

}  // namespace

template <class T>
void materialize(ReferenceContext<T>& /*context*/, const Deferred<ReferenceContext<T>>& value,
                 Out<ReferenceContext<T>> y) {
  const Shape4& shape = value.raw.shape;
  check_materialize<ReferenceContext<T>>(value, y, value.raw.valid_n);
  for (std::int64_t i = 0; i < valid_elements(y); ++i) {
    const std::int64_t c = i % shape.c;
    double sum = affine(value.raw.data[i], value.scale, value.shift, c);
    if (!value.residual.empty()) sum += affine(value.residual.data[i], value.residual_scale, value.residual_shift, c);
    y.data[i] = static_cast<T>(value.relu && sum < 0 ? 0.0 : sum);
  }
  zero_other_images(y);
}

template <class T>
void relu_backward(ReferenceContext<T>& /*context*/, In<ReferenceContext<T>> dy, In<ReferenceContext<T>> y,
                   Out<ReferenceContext<T>> dx) {
  check_relu_backward<ReferenceContext<T>>(dy, y, dx, dy.valid_n);
  for (std::int64_t i = 0; i < valid_elements(dx); ++i) dx.data[i] = y.data[i] > 0 ? dy.data[i] : T{0};
  zero_other_images(dx);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void materialize(F32&, const Deferred<F32>&, Out<F32>);
template void materialize(F64&, const Deferred<F64>&, Out<F64>);
template void relu_backward(F32&, In<F32>, In<F32>, Out<F32>);
template void relu_backward(F64&, In<F64>, In<F64>, Out<F64>);

}  // namespace kindling
