#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/conv2d_case.h"
#include "tests/support/rounding.h"
#include "tests/support/winograd_matrices.h"

namespace kindling::test {

// Error bounds of Winograd's algorithm F(m x m, 3 x 3). It computes, in some order,
//   y  = A^T [ sum over c of (G w G^T) . (B^T x B) ] A,  dw = G^T [ sum over tiles of (A dy A^T) . (B^T x B) ] G.
// Multiplied out, each output is a sum of products a g g w b b x a, and a product passes through at most N roundings:
// then |error| <= gamma_N times the sum of the products' magnitudes (Higham, section 3.1), which is the same formula
// with every matrix and operand replaced by its magnitudes. Roundings of one product, whatever terms are taken out:
//   B^T, A, A^T  at most 3 a dimension: a multiplication (by 2, 4 and 8 it is exact) and additions   6 each
//   G, G^T       at most 5: the coefficient's own (1/6), a multiplication, additions                 10
//   the sum      its length n, whatever the order
// So N = n + 22.
inline constexpr std::int64_t kTransformRoundings = 22;

// sum += a . b
inline void add_products(Matrix& sum, const Matrix& a, const Matrix& b) {
  if (sum.empty()) sum.assign(a.size(), std::vector<double>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) sum[i][j] += a[i][j] * b[i][j];
  }
}

// The magnitudes of channel c of `side` x `side` pixels from (h, w) of image n on, zero outside.
inline Matrix square_of(const std::vector<double>& values, const Shape4& shape, const std::array<std::int64_t, 4>& nhwc,
                        std::int64_t side) {
  const auto [n, first_h, first_w, c] = nhwc;
  Matrix square(static_cast<std::size_t>(side), std::vector<double>(static_cast<std::size_t>(side)));
  for (std::int64_t i = 0; i < side * side; ++i) {
    const std::int64_t h = first_h + i / side;
    const std::int64_t w = first_w + i % side;
    if (h < 0 || h >= shape.h || w < 0 || w >= shape.w) continue;
    square[static_cast<std::size_t>(i / side)][static_cast<std::size_t>(i % side)] =
        std::abs(values[static_cast<std::size_t>(((n * shape.h + h) * shape.w + w) * shape.c + c)]);
  }
  return square;
}

// f(n, h, w) for the first pixel of every tile.
template <class F>
void for_each_tile(const Shape4& shape, std::int64_t outputs, const F& f) {
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t h = 0; h < shape.h; h += outputs) {
      for (std::int64_t w = 0; w < shape.w; w += outputs) f(n, h, w);
    }
  }
}

inline std::vector<double> winograd_forward_bounds(const Conv2dCase& data, std::int64_t outputs) {
  const WinogradMatrices matrices = winograd_magnitudes(outputs);
  const Conv2dShape& shape = data.shape;
  const Shape4 y_shape = shape.y_shape();
  const auto filters = static_cast<std::size_t>(shape.k);
  const auto channels = static_cast<std::size_t>(shape.c);
  std::vector<Matrix> w(filters * channels);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const Shape4 taps{shape.k, 3, 3, shape.c};
    w[i] = sandwich(
        matrices.g,
        square_of(data.w, taps,
                  {static_cast<std::int64_t>(i / channels), 0, 0, static_cast<std::int64_t>(i % channels)}, 3));
  }
  std::vector<double> bounds(static_cast<std::size_t>(y_shape.elements()));
  for_each_tile(y_shape, outputs, [&](std::int64_t n, std::int64_t p, std::int64_t q) {
    std::vector<Matrix> sums(filters);
    for (std::int64_t c = 0; c < shape.c; ++c) {
      const Matrix x =
          sandwich(matrices.bt, square_of(data.x, shape.x_shape(), {n, p - shape.pad, q - shape.pad, c}, outputs + 2));
      for (std::size_t k = 0; k < filters; ++k) add_products(sums[k], w[k * channels + static_cast<std::size_t>(c)], x);
    }
    for (std::size_t k = 0; k < filters; ++k) {
      const Matrix y = sandwich(matrices.at, sums[k]);
      for (std::int64_t h = p; h < std::min(p + outputs, y_shape.h); ++h) {
        for (std::int64_t v = q; v < std::min(q + outputs, y_shape.w); ++v) {
          bounds[static_cast<std::size_t>((n * y_shape.h + h) * y_shape.w + v) * filters + k] =
              gamma(shape.c + kTransformRoundings, kUnitRoundoff<float>) *
              y[static_cast<std::size_t>(h - p)][static_cast<std::size_t>(v - q)];
        }
      }
    }
  });
  return bounds;
}

// dgrad is a forward pass over dy, with the filter turned by half a turn and its channels exchanged.
inline Conv2dCase dgrad_as_forward(const Conv2dCase& data) {
  const Conv2dShape& shape = data.shape;
  Conv2dCase turned = data;
  turned.shape = {.n = shape.n,
                  .h = shape.p(),
                  .w = shape.q(),
                  .c = shape.k,
                  .k = shape.c,
                  .r = 3,
                  .stride = 1,
                  .pad = 2 - shape.pad};
  turned.x = data.dy;
  for (std::int64_t i = 0; i < shape.filter_elements(); ++i) {
    const std::int64_t c = i % shape.c;
    const std::int64_t tap = i / shape.c % 9;
    const std::int64_t k = i / shape.c / 9;
    turned.w[static_cast<std::size_t>((c * 9 + 8 - tap) * shape.k + k)] = data.w[static_cast<std::size_t>(i)];
  }
  return turned;
}

inline std::vector<double> winograd_wgrad_bounds(const Conv2dCase& data, std::int64_t outputs) {
  const WinogradMatrices matrices = winograd_magnitudes(outputs);
  const Conv2dShape& shape = data.shape;
  const auto filters = static_cast<std::size_t>(shape.k);
  const auto channels = static_cast<std::size_t>(shape.c);
  std::vector<Matrix> sums(filters * channels);
  std::int64_t tiles = 0;
  for_each_tile(shape.y_shape(), outputs, [&](std::int64_t n, std::int64_t p, std::int64_t q) {
    ++tiles;
    std::vector<Matrix> dy(filters);
    for (std::size_t k = 0; k < filters; ++k) {
      dy[k] = sandwich(transposed(matrices.at),
                       square_of(data.dy, shape.y_shape(), {n, p, q, static_cast<std::int64_t>(k)}, outputs));
    }
    for (std::size_t c = 0; c < channels; ++c) {
      const Matrix x = sandwich(
          matrices.bt, square_of(data.x, shape.x_shape(),
                                 {n, p - shape.pad, q - shape.pad, static_cast<std::int64_t>(c)}, outputs + 2));
      for (std::size_t k = 0; k < filters; ++k) add_products(sums[k * channels + c], dy[k], x);
    }
  });
  std::vector<double> bounds(static_cast<std::size_t>(shape.filter_elements()));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Matrix dw = sandwich(transposed(matrices.g), sums[i]);
    for (std::size_t tap = 0; tap < 9; ++tap) {
      bounds[(i / channels * 9 + tap) * channels + i % channels] =
          gamma(tiles + kTransformRoundings, kUnitRoundoff<float>) * dw[tap / 3][tap % 3];
    }
  }
  return bounds;
}

}  // namespace kindling::test
