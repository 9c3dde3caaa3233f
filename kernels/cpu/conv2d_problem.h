#pragma once

#include "kernels/conv2d.h"
#include "kernels/core/shape.h"

namespace kindling {

// One call of a convolution on the CPU, checked: what every algorithm takes. T is the type of activations and filters;
// with float the layout is NHWC.

// What forward and dgrad have in common: both gather. Every target pixel is a sum over those filter taps that meet a
// source pixel, of a source pixel's channel vector times the tap's matrix.
//   forward  source x, target y: target p reads source p * stride + tap - pad
//   dgrad    source dy, target dx: target h reads source (h + pad - tap) / stride, where that is whole
enum class Gather { kForward, kDgrad };

// source, w, target as the gather says; w is K,R,S,C. target += instead of = where accumulate says so.
template <class T>
struct GatherProblemOf {
  Gather gather;
  Conv2dShape shape;
  Layout layout;
  const T* source;
  const T* w;
  T* target;
  bool accumulate;

  Shape4 source_shape() const { return gather == Gather::kForward ? shape.x_shape() : shape.y_shape(); }
  Shape4 target_shape() const { return gather == Gather::kForward ? shape.y_shape() : shape.x_shape(); }
};

template <class T>
struct WgradProblemOf {
  Conv2dShape shape;
  Layout layout;
  const T* x;
  const T* dy;
  HostView<float> dw;
};

using GatherProblem = GatherProblemOf<float>;
using WgradProblem = WgradProblemOf<float>;

}  // namespace kindling
