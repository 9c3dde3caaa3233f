#pragma once

#include "kernels/cuda/conv2d_tile.h"

namespace kindling {

// A convolution's extents as kernels use them: 32 bits divide faster.
struct ConvExtents {
  int n, h, w, c, k, r, stride, pad, p, q;
  int x_channels;  // of x in memory: c, or more

  ConvExtents(const Conv2dShape& shape, std::int64_t x_channels_in)
      : n(as_int(shape.n)),
        h(as_int(shape.h)),
        w(as_int(shape.w)),
        c(as_int(shape.c)),
        k(as_int(shape.k)),
        r(as_int(shape.r)),
        stride(as_int(shape.stride)),
        pad(as_int(shape.pad)),
        p(as_int(shape.p())),
        q(as_int(shape.q())),
        x_channels(as_int(x_channels_in)) {
    as_int(shape.x_shape().pixels());  // and all that is counted below
    as_int(shape.y_shape().pixels());
    as_int(shape.filter_elements());
  }

  static int as_int(std::int64_t value) {
    require(value < std::int64_t{1} << 31, "a convolution is too large for this algorithm");
    return static_cast<int>(value);
  }
};

// A pixel of an activation; y < 0: none.
struct Pixel {
  int n;
  int y;
  int x;
};

__device__ inline Pixel pixel_at(std::int64_t index, int images, int height, int width) {
  const int i = static_cast<int>(index);
  const int row = i / width;
  return i < images * height * width ? Pixel{.n = row / height, .y = row % height, .x = i % width}
                                     : Pixel{.n = 0, .y = -1, .x = 0};
}

// A filter tap and a channel; r < 0: none. Depths and columns count channels fastest, as K,R,S,C does.
struct Tap {
  int r;
  int s;
  int channel;
};

__device__ inline Tap tap_at(std::int64_t index, int side, int channels) {
  const int i = static_cast<int>(index);
  const int tap = i / channels;
  return tap < side * side ? Tap{.r = tap / side, .s = tap % side, .channel = i % channels}
                           : Tap{.r = -1, .s = 0, .channel = 0};
}

// What tap (r, s) of output pixel `at` reads: x[n, p stride + r - pad, q stride + s - pad, c], 0 outside of the image.
template <class T>
__device__ T input_at(const T* x, const ConvExtents& e, const Pixel& at, const Tap& tap) {
  const int h = at.y * e.stride + tap.r - e.pad;
  const int w = at.x * e.stride + tap.s - e.pad;
  if (at.y < 0 || tap.r < 0 || h < 0 || h >= e.h || w < 0 || w >= e.w) return static_cast<T>(0.0F);
  return x[((std::int64_t{at.n} * e.h + h) * e.w + w) * e.x_channels + tap.channel];
}

// Left matrix of forward: [output pixel][r, s, c].
template <class T>
struct ForwardInput {
  using Element = T;
  using Line = Pixel;
  using Step = Tap;
  static constexpr bool kDepthInner = true;
  const T* x;
  ConvExtents e;

  __device__ Line line(std::int64_t i) const { return pixel_at(i, e.n, e.p, e.q); }
  __device__ Step step(std::int64_t d) const { return tap_at(d, e.r, e.c); }
  __device__ T load(const Line& line, const Step& step) const { return input_at(x, e, line, step); }
};

// Right matrix of forward: [r, s, c][k], w as it lies in memory.
template <class T>
struct ForwardFilter {
  using Element = T;
  using Line = int;
  using Step = int;
  static constexpr bool kDepthInner = true;
  const T* w;
  ConvExtents e;

  __device__ Line line(std::int64_t k) const { return static_cast<int>(k); }
  __device__ Step step(std::int64_t d) const { return static_cast<int>(d); }
  __device__ T load(Line k, Step d) const {
    const int depth = e.r * e.r * e.c;
    return k < e.k && d < depth ? w[std::int64_t{k} * depth + d] : static_cast<T>(0.0F);
  }
};

// Left matrix of dgrad: [input pixel][r, s, k]: dy of the output pixel whose tap (r, s) read it, if there is one.
template <class T>
struct DgradOutput {
  using Element = T;
  using Line = Pixel;
  using Step = Tap;
  static constexpr bool kDepthInner = true;
  const T* dy;
  ConvExtents e;

  __device__ Line line(std::int64_t i) const { return pixel_at(i, e.n, e.h, e.w); }
  __device__ Step step(std::int64_t d) const { return tap_at(d, e.r, e.k); }
  __device__ T load(const Line& at, const Step& tap) const {
    const int y = at.y + e.pad - tap.r;
    const int x = at.x + e.pad - tap.s;
    if (at.y < 0 || tap.r < 0 || y < 0 || x < 0 || y % e.stride != 0 || x % e.stride != 0) {
      return static_cast<T>(0.0F);
    }
    const int p = y / e.stride;
    const int q = x / e.stride;
    if (p >= e.p || q >= e.q) return static_cast<T>(0.0F);
    return dy[((std::int64_t{at.n} * e.p + p) * e.q + q) * e.k + tap.channel];
  }
};

// Right matrix of dgrad: [r, s, k][c].
template <class T>
struct DgradFilter {
  using Element = T;
  using Line = int;
  using Step = Tap;
  static constexpr bool kDepthInner = false;
  const T* w;
  ConvExtents e;

  __device__ Line line(std::int64_t c) const { return static_cast<int>(c); }
  __device__ Step step(std::int64_t d) const { return tap_at(d, e.r, e.k); }
  __device__ T load(Line c, const Step& tap) const {
    if (c >= e.c || tap.r < 0) return static_cast<T>(0.0F);
    return w[((std::int64_t{tap.channel} * e.r + tap.r) * e.r + tap.s) * e.c + c];
  }
};

// Left matrix of wgrad: [k][output pixel].
template <class T>
struct WgradOutput {
  using Element = T;
  using Line = int;
  using Step = int;
  static constexpr bool kDepthInner = false;
  const T* dy;
  ConvExtents e;
  int end;  // output pixels up to here count

  __device__ Line line(std::int64_t k) const { return static_cast<int>(k); }
  __device__ Step step(std::int64_t d) const { return static_cast<int>(d); }
  __device__ T load(Line k, Step pixel) const {
    return k < e.k && pixel < end ? dy[std::int64_t{pixel} * e.k + k] : static_cast<T>(0.0F);
  }
};

// Right matrix of wgrad: [output pixel][r, s, c].
template <class T>
struct WgradInput {
  using Element = T;
  using Line = Tap;
  using Step = Pixel;
  static constexpr bool kDepthInner = false;
  const T* x;
  ConvExtents e;

  __device__ Line line(std::int64_t i) const { return tap_at(i, e.r, e.c); }
  __device__ Step step(std::int64_t d) const { return pixel_at(d, e.n, e.p, e.q); }
  __device__ T load(const Line& tap, const Step& pixel) const { return input_at(x, e, pixel, tap); }
};

}  // namespace kindling
