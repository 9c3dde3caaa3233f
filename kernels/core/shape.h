#pragma once

#include <cstdint>
#include <string>

namespace kindling {

// The extent of an activation: images, rows, columns, channels.
struct Shape4 {
  std::int64_t n = 0;
  std::int64_t h = 0;
  std::int64_t w = 0;
  std::int64_t c = 0;

  constexpr std::int64_t elements() const { return n * h * w * c; }
  constexpr std::int64_t pixels() const { return n * h * w; }
  bool operator==(const Shape4&) const = default;
};

// One convolution problem (cross-correlation, no bias, no dilation, one group, square filter, stride and zero padding),
// with the letters of the field: x is N,H,W,C, the filter K,R,S,C with S = R, y is N,P,Q,K.
struct Conv2dShape {
  std::int64_t n = 0;
  std::int64_t h = 0;
  std::int64_t w = 0;
  std::int64_t c = 0;
  std::int64_t k = 0;
  std::int64_t r = 3;
  std::int64_t stride = 1;
  std::int64_t pad = 1;

  constexpr std::int64_t s() const { return r; }
  constexpr std::int64_t p() const { return (h + 2 * pad - r) / stride + 1; }
  constexpr std::int64_t q() const { return (w + 2 * pad - r) / stride + 1; }
  constexpr Shape4 x_shape() const { return {n, h, w, c}; }
  constexpr Shape4 y_shape() const { return {n, p(), q(), k}; }
  constexpr std::int64_t filter_elements() const { return k * r * r * c; }
  // Multiply-accumulates of one pass (forward, dgrad and wgrad need the same number), border taps included.
  constexpr std::int64_t macs() const { return n * p() * q() * k * r * r * c; }
  bool operator==(const Conv2dShape&) const = default;
};

inline std::string to_string(const Shape4& shape) {
  return "[" + std::to_string(shape.n) + ", " + std::to_string(shape.h) + ", " + std::to_string(shape.w) + ", " +
         std::to_string(shape.c) + "]";
}

// For example "n2 32x32x64 k128 r3 s2 p1".
inline std::string to_string(const Conv2dShape& shape) {
  return "n" + std::to_string(shape.n) + " " + std::to_string(shape.h) + "x" + std::to_string(shape.w) + "x" +
         std::to_string(shape.c) + " k" + std::to_string(shape.k) + " r" + std::to_string(shape.r) + " s" +
         std::to_string(shape.stride) + " p" + std::to_string(shape.pad);
}

}  // namespace kindling
