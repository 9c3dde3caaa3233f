#pragma once

#include "kernels/conv2d.h"
#include "kernels/core/shape.h"
#include "kernels/cpu/pointwise_rows.h"

namespace kindling {

// One call of a convolution on the CPU, checked: what every algorithm takes. T is the type of activations and filters;
// with float the layout is NHWC.

// What forward and dgrad have in common: both gather. Every target pixel is a sum over those filter taps that meet a
// source pixel, of a source pixel's channel vector times the tap's matrix.
//   forward  source x, target y: target p reads source p * stride + tap - pad
//   dgrad    source dy, target dx: target h reads source (h + pad - tap) / stride, where that is whole
enum class Gather { kForward, kDgrad };

// source, w, target as the gather says; w is K,R,S,C. target += instead of = where accumulate says so. An epilogue is
// what is made of the target where a part of it has just been written and lies in a cache still: all rows of it, with
// raw and y being the target.
template <class T>
struct GatherProblemOf {
  Gather gather;
  Conv2dShape shape;
  Layout layout;
  const T* source;
  const T* w;
  T* target;
  bool accumulate;
  const PointwiseRows<T>* epilogue = nullptr;

  Shape4 source_shape() const { return gather == Gather::kForward ? shape.x_shape() : shape.y_shape(); }
  Shape4 target_shape() const { return gather == Gather::kForward ? shape.y_shape() : shape.x_shape(); }
};

// Applies the epilogue, if there is one, to `rows` rows of `channels` channels, row_stride apart, from `part` on, which
// points to channel first_channel of a target pixel.
template <class T>
void finish_part(const GatherProblemOf<T>& problem, const RowKernels<T>& kernels, const T* part,
                 std::int64_t first_channel, std::int64_t rows, std::int64_t row_stride, std::int64_t channels) {
  if (problem.epilogue == nullptr) return;
  PointwiseRows<T> finish = part_of(*problem.epilogue, part - problem.target, first_channel, rows, channels);
  finish.stride = row_stride;
  kernels.materialize(finish);
}

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
