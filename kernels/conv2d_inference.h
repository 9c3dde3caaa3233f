#pragma once

#include "kernels/activation.h"
#include "kernels/context.h"
#include "kernels/conv2d.h"
#include "kernels/core/shape.h"

namespace kindling {

// A convolution with all that stands between it and the next one, for passes that keep nothing for a backward pass:
//
//   y = f( conv(x, w) * scale + shift  +  residual * residual_scale + residual_shift )
//
// with the terms of Deferred (kernels/activation.h), whose raw is empty here. Batch norm is folded in where y is
// written rather than into the filters: as many multiplications, and filters in bf16 aren't rounded a second time. The
// result has the bits that conv2d_forward and then materialize leave. x, w, y: as for conv2d_forward
// (kernels/conv2d.h); residual: the shape of y. No view may overlap another.

// One call after the other, over y.
template <class C>
void conv2d_then_materialize(C& context, const Conv2dShape& shape, In<C> x, Filter<C> w, const Deferred<C>& rest,
                             Out<C> y) {
  conv2d_forward(context, shape, x, w, y);
  Deferred<C> value = rest;
  value.raw = y;
  materialize(context, value, y);
}

template <class T>
void conv2d_inference(ReferenceContext<T>& context, const Conv2dShape& shape, In<ReferenceContext<T>> x,
                      Filter<ReferenceContext<T>> w, const Deferred<ReferenceContext<T>>& rest,
                      Out<ReferenceContext<T>> y) {
  conv2d_then_materialize(context, shape, x, w, rest, y);
}

// In one pass: what was just written is finished while it lies in a cache.
template <class T>
void conv2d_inference(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, Filter<CpuContext<T>> w,
                      const Deferred<CpuContext<T>>& rest, Out<CpuContext<T>> y);

template <class T>
void conv2d_inference(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, Filter<CudaContext<T>> w,
                      const Deferred<CudaContext<T>>& rest, Out<CudaContext<T>> y) {
  conv2d_then_materialize(context, shape, x, w, rest, y);
}

}  // namespace kindling
