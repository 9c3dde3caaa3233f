#include "kernels/conv2d.h"

#include <cstdint>
#include <vector>

#include "kernels/conv2d_checks.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

// Where tap (r, s) of output pixel (n, p, q) reads: the offset of its first channel in x, or -1 outside the image.
std::int64_t tap_offset(const Conv2dShape& shape, std::int64_t n, std::int64_t p, std::int64_t q, std::int64_t r,
                        std::int64_t s) {
  const std::int64_t h = p * shape.stride + r - shape.pad;
  const std::int64_t w = q * shape.stride + s - shape.pad;
  if (h < 0 || h >= shape.h || w < 0 || w >= shape.w) return -1;
  return ((n * shape.h + h) * shape.w + w) * shape.c;
}

std::int64_t filter_offset(const Conv2dShape& shape, std::int64_t k, std::int64_t r, std::int64_t s) {
  return ((k * shape.r + r) * shape.s() + s) * shape.c;
}

std::int64_t output_offset(const Conv2dShape& shape, std::int64_t n, std::int64_t p, std::int64_t q) {
  return ((n * shape.p() + p) * shape.q() + q) * shape.k;
}

// Calls visit(n, p, q, r, s, x_offset) for every tap that lies inside an image, in this order of loops.
template <class Visit>
void for_each_tap(const Conv2dShape& shape, std::int64_t images, Visit visit) {
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t p = 0; p < shape.p(); ++p)
      for (std::int64_t q = 0; q < shape.q(); ++q)
        for (std::int64_t r = 0; r < shape.r; ++r)
          for (std::int64_t s = 0; s < shape.s(); ++s) {
            const std::int64_t x_offset = tap_offset(shape, n, p, q, r, s);
            if (x_offset >= 0) visit(n, p, q, r, s, x_offset);
          }
}

}  // namespace

template <class T>
void conv2d_forward(ReferenceContext<T>& /*context*/, const Conv2dShape& shape, In<ReferenceContext<T>> x,
                    Filter<ReferenceContext<T>> w, Out<ReferenceContext<T>> y) {
  check_conv2d_forward<ReferenceContext<T>>(shape, x, w, y, x.valid_n);
  std::vector<double> sums(static_cast<std::size_t>(shape.y_shape().elements()), 0.0);
  for_each_tap(shape, x.valid_n, [&](auto n, auto p, auto q, auto r, auto s, auto x_offset) {
    double* y_pixel = sums.data() + output_offset(shape, n, p, q);
    for (std::int64_t k = 0; k < shape.k; ++k) {
      const T* taps = w.data() + filter_offset(shape, k, r, s);
      double sum = 0;
      for (std::int64_t c = 0; c < shape.c; ++c) {
        sum += static_cast<double>(x.data[x_offset + c]) * static_cast<double>(taps[c]);
      }
      y_pixel[k] += sum;
    }
  });
  for (std::int64_t i = 0; i < valid_elements(y); ++i) y.data[i] = static_cast<T>(sums[static_cast<std::size_t>(i)]);
  zero_other_images(y);
}

template <class T>
void conv2d_dgrad(ReferenceContext<T>& /*context*/, const Conv2dShape& shape, In<ReferenceContext<T>> dy,
                  Filter<ReferenceContext<T>> w, Out<ReferenceContext<T>> dx, Accumulate accumulate) {
  check_conv2d_dgrad<ReferenceContext<T>>(shape, dy, w, dx, dy.valid_n);
  std::vector<double> sums(static_cast<std::size_t>(shape.x_shape().elements()), 0.0);
  if (accumulate == Accumulate::kAdd) {
    for (std::int64_t i = 0; i < valid_elements(dx); ++i) sums[static_cast<std::size_t>(i)] = dx.data[i];
  }
  for_each_tap(shape, dy.valid_n, [&](auto n, auto p, auto q, auto r, auto s, auto x_offset) {
    const T* dy_pixel = dy.data + output_offset(shape, n, p, q);
    double* dx_pixel = sums.data() + x_offset;
    for (std::int64_t k = 0; k < shape.k; ++k) {
      const T* taps = w.data() + filter_offset(shape, k, r, s);
      const auto gradient = static_cast<double>(dy_pixel[k]);
      for (std::int64_t c = 0; c < shape.c; ++c) dx_pixel[c] += gradient * static_cast<double>(taps[c]);
    }
  });
  for (std::int64_t i = 0; i < valid_elements(dx); ++i) dx.data[i] = static_cast<T>(sums[static_cast<std::size_t>(i)]);
  zero_other_images(dx);
}

template <class T>
void conv2d_wgrad(ReferenceContext<T>& /*context*/, const Conv2dShape& shape, In<ReferenceContext<T>> x,
                  In<ReferenceContext<T>> dy, Params<ReferenceContext<T>> dw) {
  check_conv2d_wgrad<ReferenceContext<T>>(shape, x, dy, dw, x.valid_n);
  std::vector<double> sums(static_cast<std::size_t>(shape.filter_elements()), 0.0);
  for_each_tap(shape, x.valid_n, [&](auto n, auto p, auto q, auto r, auto s, auto x_offset) {
    const T* dy_pixel = dy.data + output_offset(shape, n, p, q);
    const T* x_pixel = x.data + x_offset;
    for (std::int64_t k = 0; k < shape.k; ++k) {
      double* dw_taps = sums.data() + filter_offset(shape, k, r, s);
      const auto gradient = static_cast<double>(dy_pixel[k]);
      for (std::int64_t c = 0; c < shape.c; ++c) dw_taps[c] += gradient * static_cast<double>(x_pixel[c]);
    }
  });
  for (std::int64_t i = 0; i < dw.size(); ++i) dw[i] = static_cast<T>(sums[static_cast<std::size_t>(i)]);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void conv2d_forward(F32&, const Conv2dShape&, In<F32>, Filter<F32>, Out<F32>);
template void conv2d_forward(F64&, const Conv2dShape&, In<F64>, Filter<F64>, Out<F64>);
template void conv2d_dgrad(F32&, const Conv2dShape&, In<F32>, Filter<F32>, Out<F32>, Accumulate);
template void conv2d_dgrad(F64&, const Conv2dShape&, In<F64>, Filter<F64>, Out<F64>, Accumulate);
template void conv2d_wgrad(F32&, const Conv2dShape&, In<F32>, In<F32>, Params<F32>);
template void conv2d_wgrad(F64&, const Conv2dShape&, In<F64>, In<F64>, Params<F64>);

}  // namespace kindling
