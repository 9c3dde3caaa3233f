#include "kernels/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/batch_norm_checks.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {
namespace {

// Sums over pixels are made tile by tile and combined over tiles in order, all in double. The tiles depend on the shape
// alone.
constexpr std::int64_t kTileFloats = std::int64_t{16} * 1024;
constexpr std::int64_t kChannelsPerItem = 64;  // of the combining pass

Tiles tiles_of(const Shape4& shape) {
  return {shape.pixels(), rows_of_tile(kTileFloats, shape.c)};
}

// The two sums that a tile leaves for every channel, [tile][2][C] in the shared workspace; coefficients [3][C] of the
// backward pass lie behind them.
struct TileSums {
  double* data;
  std::int64_t tiles;
  std::int64_t channels;

  template <class T>
  static TileSums reserve(CpuContext<T>& context, std::int64_t tiles, std::int64_t channels) {
    const std::int64_t bytes =
        tiles * 2 * channels * std::int64_t{sizeof(double)} + 3 * channels * std::int64_t{sizeof(float)};
    context.workspace().reserve(static_cast<std::size_t>(bytes), 0);
    return {reinterpret_cast<double*>(context.workspace().shared()), tiles, channels};
  }
  double* row(std::int64_t tile, int kind) const { return data + (tile * 2 + kind) * channels; }
  float* coefficients(int kind) const { return reinterpret_cast<float*>(row(tiles, 0)) + kind * channels; }
};

// Calls body(c) for every channel, a few of them at a time on a thread.
template <class T, class Body>
void for_each_channel(const CpuContext<T>& context, std::int64_t channels, const Body& body) {
  const Tiles groups{channels, kChannelsPerItem};
  parallel_for(context.threads(), groups.count(), [&](std::int64_t group, int /*thread*/) {
    for (std::int64_t i = 0; i < groups.length(group); ++i) body(groups.begin(group) + i);
  });
}

struct Moments {
  double count = 0;
  double mean = 0;
  double m2 = 0;  // sum of squared deviations from the mean

  // Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979, (2.1).
  void add(const Moments& other) {
    const double total = count + other.count;
    const double delta = other.mean - mean;
    mean += delta * other.count / total;
    m2 += other.m2 + delta * delta * count * other.count / total;
    count = total;
  }
};

}  // namespace

template <class T>
void batch_norm_statistics(CpuContext<T>& context, const BatchNormStatistics<CpuContext<T>>& args) {
  const Shape4& shape = args.x.shape;
  const std::int64_t channels = shape.c;
  check_arguments(args, shape.n, taken_layout(args.x));
  const Tiles tiles = tiles_of(shape);
  const TileSums sums = TileSums::reserve(context, tiles.count(), channels);
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const T* x = args.x.data + tiles.begin(tile) * channels;
    context.rows().column_moments(x, tiles.length(tile), channels, sums.row(tile, 0), sums.row(tile, 1));
  });
  for_each_channel(context, channels, [&](std::int64_t c) {
    Moments all;
    for (std::int64_t tile = 0; tile < tiles.count(); ++tile) {
      const double count = static_cast<double>(tiles.length(tile));
      const double mean = sums.row(tile, 0)[c] / count;
      all.add({count, mean, std::max(sums.row(tile, 1)[c] - sums.row(tile, 0)[c] * mean, 0.0)});
    }
    const double var = all.m2 / all.count;
    const double inv_std = 1.0 / std::sqrt(var + args.eps);
    args.saved_mean[c] = static_cast<float>(all.mean);
    args.saved_inv_std[c] = static_cast<float>(inv_std);
    args.running_mean[c] = static_cast<float>((1 - args.momentum) * args.running_mean[c] + args.momentum * all.mean);
    args.running_var[c] =
        static_cast<float>((1 - args.momentum) * args.running_var[c] + args.momentum * all.m2 / (all.count - 1));
    args.scale[c] = static_cast<float>(args.gamma[c] * inv_std);
    // From the rounded scale, so that scale's error is not multiplied by a large mean.
    args.shift[c] = static_cast<float>(args.beta[c] - all.mean * double{args.scale[c]});
  });
}

template <class T>
void batch_norm_inference(CpuContext<T>& /*context*/, const BatchNormInference<CpuContext<T>>& args) {
  const std::int64_t channels = args.gamma.size();
  check_arguments(args);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double inv_std = 1.0 / std::sqrt(double{args.running_var[c]} + args.eps);
    args.scale[c] = static_cast<float>(args.gamma[c] * inv_std);
    args.shift[c] = static_cast<float>(args.beta[c] - args.running_mean[c] * double{args.scale[c]});
  }
}

template <class T>
void batch_norm_backward(CpuContext<T>& context, const BatchNormBackward<CpuContext<T>>& args) {
  const Shape4& shape = args.dy.shape;
  const std::int64_t channels = shape.c;
  check_arguments(args, shape.n, taken_layout(args.x));
  const Tiles tiles = tiles_of(shape);
  const TileSums sums = TileSums::reserve(context, tiles.count(), channels);
  const auto rows_of = [&](std::int64_t tile) {
    const std::int64_t offset = tiles.begin(tile) * channels;
    return BatchNormRows<T>{.dy = args.dy.data + offset,
                            .y = args.y.empty() ? nullptr : args.y.data + offset,
                            .x = args.x.data + offset,
                            .mean = args.saved_mean.data(),
                            .inv_std = args.saved_inv_std.data(),
                            .pixels = tiles.length(tile),
                            .channels = channels};
  };
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    context.rows().batch_norm_sums(rows_of(tile), sums.row(tile, 0), sums.row(tile, 1));
  });

  // dx = a dz + b + k (x - mean)
  for_each_channel(context, channels, [&](std::int64_t c) {
    double dbeta = 0;
    double dgamma = 0;
    for (std::int64_t tile = 0; tile < tiles.count(); ++tile) {
      dbeta += sums.row(tile, 0)[c];
      dgamma += sums.row(tile, 1)[c];
    }
    const double m = static_cast<double>(shape.pixels());
    const double inv_std = args.saved_inv_std[c];
    const double a = args.gamma[c] * inv_std;  // gamma is exact in double, and so is this product
    sums.coefficients(0)[c] = static_cast<float>(a);
    sums.coefficients(1)[c] = static_cast<float>(-a * dbeta / m);
    sums.coefficients(2)[c] = static_cast<float>(-a * inv_std * dgamma / m);
    args.dbeta[c] = static_cast<float>(dbeta);
    args.dgamma[c] = static_cast<float>(dgamma);
  });
  const float* const abk[3] = {sums.coefficients(0), sums.coefficients(1), sums.coefficients(2)};
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const std::int64_t offset = tiles.begin(tile) * channels;
    T* dresidual = args.dresidual.empty() ? nullptr : args.dresidual.data + offset;
    context.rows().batch_norm_apply(rows_of(tile), abk, args.dx.data + offset, dresidual);
  });
}

template void batch_norm_statistics(CpuContext<float>&, const BatchNormStatistics<CpuContext<float>>&);
template void batch_norm_inference(CpuContext<float>&, const BatchNormInference<CpuContext<float>>&);
template void batch_norm_backward(CpuContext<float>&, const BatchNormBackward<CpuContext<float>>&);
template void batch_norm_statistics(CpuContext<bfloat16>&, const BatchNormStatistics<CpuContext<bfloat16>>&);
template void batch_norm_inference(CpuContext<bfloat16>&, const BatchNormInference<CpuContext<bfloat16>>&);
template void batch_norm_backward(CpuContext<bfloat16>&, const BatchNormBackward<CpuContext<bfloat16>>&);

}  // namespace kindling
