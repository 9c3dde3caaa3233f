#include "kernels/linear.h"

#include <cstdint>

#include "kernels/core/check.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

// Sum over i in [0, count) of f(i).
template <class F>
double sum_over(std::int64_t count, F f) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += f(i);
  return sum;
}

}  // namespace

template <class T>
void linear_forward(ReferenceContext<T>& /*context*/, const LinearForward<ReferenceContext<T>>& args) {
  const OpCheck check("linear_forward");
  const std::int64_t images = args.x.valid_n;
  const std::int64_t channels = args.x.shape.c;
  const std::int64_t classes = args.b.size();
  check.activation("x", args.x, {args.x.shape.n, 1, 1, channels}, images);
  check.size("w", args.w, classes * channels);
  check.size("b", args.b, classes);
  check.size("logits", args.logits, images * classes);

  for (std::int64_t n = 0; n < images; ++n) {
    for (std::int64_t k = 0; k < classes; ++k) {
      const double sum = sum_over(channels, [&](auto c) {
        return static_cast<double>(args.x.data[n * channels + c]) * static_cast<double>(args.w[k * channels + c]);
      });
      args.logits[n * classes + k] = static_cast<T>(static_cast<double>(args.b[k]) + sum);
    }
  }
}

template <class T>
void linear_backward(ReferenceContext<T>& /*context*/, const LinearBackward<ReferenceContext<T>>& args) {
  const OpCheck check("linear_backward");
  const std::int64_t images = args.x.valid_n;
  const std::int64_t channels = args.x.shape.c;
  const std::int64_t classes = args.db.size();
  check.activation("x", args.x, {args.x.shape.n, 1, 1, channels}, images);
  check.size("w", args.w, classes * channels);
  check.size("dlogits", args.dlogits, images * classes);
  check.activation("dx", args.dx, args.x.shape, images);
  check.size("dw", args.dw, classes * channels);
  check.size("db", args.db, classes);

  const auto dlogit = [&](auto n, auto k) { return static_cast<double>(args.dlogits[n * classes + k]); };
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t n = 0; n < images; ++n) {
      args.dx.data[n * channels + c] = static_cast<T>(
          sum_over(classes, [&](auto k) { return dlogit(n, k) * static_cast<double>(args.w[k * channels + c]); }));
    }
    for (std::int64_t k = 0; k < classes; ++k) {
      args.dw[k * channels + c] = static_cast<T>(
          sum_over(images, [&](auto n) { return dlogit(n, k) * static_cast<double>(args.x.data[n * channels + c]); }));
    }
  }
  for (std::int64_t k = 0; k < classes; ++k) {
    args.db[k] = static_cast<T>(sum_over(images, [&](auto n) { return dlogit(n, k); }));
  }
  zero_other_images(args.dx);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void linear_forward(F32&, const LinearForward<F32>&);
template void linear_forward(F64&, const LinearForward<F64>&);
template void linear_backward(F32&, const LinearBackward<F32>&);
template void linear_backward(F64&, const LinearBackward<F64>&);

}  // namespace kindling
