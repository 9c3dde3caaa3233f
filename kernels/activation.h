#pragma once

#include "kernels/context.h"

namespace kindling {

// What passes from one convolution to the next, before it is written out: batch norm, residual and ReLU as one
// pointwise function of what the convolution left,
//
//   y = f( raw * scale + shift  +  residual * residual_scale + residual_shift )
//   f = max(0, .) if relu, else the identity
//
// with scale and shift per channel ([C] of param_t). Without batch norm scale and shift are both empty (as 1 and 0),
// never one alone; without a shortcut residual is empty; an identity shortcut has no residual_scale and no
// residual_shift. A backend may apply this inside the next convolution's input transform; `materialize` writes it out.
template <class C>
struct Deferred {
  In<C> raw;
  ConstParams<C> scale;
  ConstParams<C> shift;
  In<C> residual;
  ConstParams<C> residual_scale;
  ConstParams<C> residual_shift;
  bool relu = false;
};

// y: the shape of raw; may be the same memory as raw or residual. Evaluated in at least fp32, rounded once.
template <class T>
void materialize(ReferenceContext<T>& context, const Deferred<ReferenceContext<T>>& value, Out<ReferenceContext<T>> y);
template <class T>
void materialize(CpuContext<T>& context, const Deferred<CpuContext<T>>& value, Out<CpuContext<T>> y);
template <class T>
void materialize(CudaContext<T>& context, const Deferred<CudaContext<T>>& value, Out<CudaContext<T>> y);

// dx = dy where y > 0, else 0, with y the ReLU's output (a gradient of 0 at the kink, as PyTorch). dx may be dy.
template <class T>
void relu_backward(ReferenceContext<T>& context, In<ReferenceContext<T>> dy, In<ReferenceContext<T>> y,
                   Out<ReferenceContext<T>> dx);
template <class T>
void relu_backward(CpuContext<T>& context, In<CpuContext<T>> dy, In<CpuContext<T>> y, Out<CpuContext<T>> dx);
template <class T>
void relu_backward(CudaContext<T>& context, In<CudaContext<T>> dy, In<CudaContext<T>> y, Out<CudaContext<T>> dx);

}  // namespace kindling
