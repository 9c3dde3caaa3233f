#include "kernels/batch_norm.h"

#include <cmath>
#include <cstdint>

#include "kernels/batch_norm_checks.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

// Sum over the valid values x[i] of channel c of f(i).
template <class X, class F>
double sum_over_channel(const X& x, std::int64_t c, F f) {
  double sum = 0;
  for (std::int64_t i = c; i < valid_elements(x); i += x.shape.c) sum += f(i);
  return sum;
}

// shift is made from the scale as stored, so that its rounding cancels where |mean| is much larger than the deviation.
template <class T>
void store_scale_and_shift(T gamma, T beta, double mean, double inv_std, T& scale, T& shift) {
  scale = static_cast<T>(static_cast<double>(gamma) * inv_std);
  shift = static_cast<T>(static_cast<double>(beta) - mean * static_cast<double>(scale));
}

}  // namespace

template <class T>
void batch_norm_statistics(ReferenceContext<T>& /*context*/, const BatchNormStatistics<ReferenceContext<T>>& args) {
  const In<ReferenceContext<T>>& x = args.x;
  const std::int64_t channels = x.shape.c;
  check_arguments(args, x.valid_n);
  const auto m = static_cast<double>(x.valid_n * x.shape.h * x.shape.w);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double mean = sum_over_channel(x, c, [&](auto i) { return static_cast<double>(x.data[i]); }) / m;
    const double squares = sum_over_channel(x, c, [&](auto i) {
      const double deviation = static_cast<double>(x.data[i]) - mean;
      return deviation * deviation;
    });
    const double inv_std = 1 / std::sqrt(squares / m + args.eps);
    const auto update = [&](T& running, double batch) {
      running = static_cast<T>((1 - args.momentum) * static_cast<double>(running) + args.momentum * batch);
    };
    update(args.running_mean[c], mean);
    update(args.running_var[c], squares / (m - 1));
    args.saved_mean[c] = static_cast<T>(mean);
    args.saved_inv_std[c] = static_cast<T>(inv_std);
    store_scale_and_shift(args.gamma[c], args.beta[c], mean, inv_std, args.scale[c], args.shift[c]);
  }
}

template <class T>
void batch_norm_inference(ReferenceContext<T>& /*context*/, const BatchNormInference<ReferenceContext<T>>& args) {
  const std::int64_t channels = args.gamma.size();
  check_arguments(args);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double inv_std = 1 / std::sqrt(static_cast<double>(args.running_var[c]) + args.eps);
    store_scale_and_shift(args.gamma[c], args.beta[c], static_cast<double>(args.running_mean[c]), inv_std,
                          args.scale[c], args.shift[c]);
  }
}

template <class T>
void batch_norm_backward(ReferenceContext<T>& /*context*/, const BatchNormBackward<ReferenceContext<T>>& args) {
  const In<ReferenceContext<T>>& dy = args.dy;
  const std::int64_t channels = dy.shape.c;
  check_arguments(args, dy.valid_n);
  const auto m = static_cast<double>(dy.valid_n * dy.shape.h * dy.shape.w);
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto mean = static_cast<double>(args.saved_mean[c]);
    const auto inv_std = static_cast<double>(args.saved_inv_std[c]);
    const auto xhat = [&](auto i) { return (static_cast<double>(args.x.data[i]) - mean) * inv_std; };
    const auto dz = [&](auto i) {
      return args.y.empty() || args.y.data[i] > 0 ? static_cast<double>(dy.data[i]) : 0.0;
    };
    const double dbeta = sum_over_channel(dy, c, dz);
    const double dgamma = sum_over_channel(dy, c, [&](auto i) { return dz(i) * xhat(i); });
    args.dbeta[c] = static_cast<T>(dbeta);
    args.dgamma[c] = static_cast<T>(dgamma);
    const double factor = static_cast<double>(args.gamma[c]) * inv_std;
    for (std::int64_t i = c; i < valid_elements(dy); i += channels) {
      const double gradient = dz(i);  // read before dx and dresidual are written: either may be dy
      args.dx.data[i] = static_cast<T>(factor * (gradient - dbeta / m - xhat(i) * dgamma / m));
      if (!args.dresidual.empty()) args.dresidual.data[i] = static_cast<T>(gradient);
    }
  }
  zero_other_images(args.dx);
  if (!args.dresidual.empty()) zero_other_images(args.dresidual);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void batch_norm_statistics(F32&, const BatchNormStatistics<F32>&);
template void batch_norm_statistics(F64&, const BatchNormStatistics<F64>&);
template void batch_norm_inference(F32&, const BatchNormInference<F32>&);
template void batch_norm_inference(F64&, const BatchNormInference<F64>&);
template void batch_norm_backward(F32&, const BatchNormBackward<F32>&);
template void batch_norm_backward(F64&, const BatchNormBackward<F64>&);

}  // namespace kindling
