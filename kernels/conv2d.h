#pragma once

#include "kernels/context.h"
#include "kernels/core/shape.h"

namespace kindling {

// Two-dimensional convolution as networks mean it (cross-correlation), no bias.
//
//   forward  y[n,p,q,k]  = sum_{r,s,c} x[n, p*stride+r-pad, q*stride+s-pad, c] * w[k,r,s,c]
//   dgrad    dx[n,h,w,c] = sum_{k,r,s} dy[n,p,q,k] * w[k,r,s,c]  over the p,q that forward read (n,h,w) for
//   wgrad    dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] * x[n, p*stride+r-pad, q*stride+s-pad, c]
//
// x outside the image is zero. x, dx: shape.x_shape(); y, dy: shape.y_shape(); w: K,R,S,C of activation_t (in bf16 the
// derived copy); dw: K,R,S,C of param_t. Sums are kept in at least fp32. No view may overlap another. In forward and
// wgrad, x may have as many channels in memory as input_channels() says for the context (kernels/input.h), of which
// those of the shape count; w and dw have none for the rest. Throws Error(kInternal) when a view doesn't have the
// shape. The same call gives the same bits for any thread count.

// dgrad assigns dx, or adds to it.
enum class Accumulate { kAssign, kAdd };

template <class T>
void conv2d_forward(ReferenceContext<T>& context, const Conv2dShape& shape, In<ReferenceContext<T>> x,
                    Filter<ReferenceContext<T>> w, Out<ReferenceContext<T>> y);
template <class T>
void conv2d_forward(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, Filter<CpuContext<T>> w,
                    Out<CpuContext<T>> y);
template <class T>
void conv2d_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, Filter<CudaContext<T>> w,
                    Out<CudaContext<T>> y);

template <class T>
void conv2d_dgrad(ReferenceContext<T>& context, const Conv2dShape& shape, In<ReferenceContext<T>> dy,
                  Filter<ReferenceContext<T>> w, Out<ReferenceContext<T>> dx, Accumulate accumulate);
template <class T>
void conv2d_dgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> dy, Filter<CpuContext<T>> w,
                  Out<CpuContext<T>> dx, Accumulate accumulate);
template <class T>
void conv2d_dgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> dy, Filter<CudaContext<T>> w,
                  Out<CudaContext<T>> dx, Accumulate accumulate);

template <class T>
void conv2d_wgrad(ReferenceContext<T>& context, const Conv2dShape& shape, In<ReferenceContext<T>> x,
                  In<ReferenceContext<T>> dy, Params<ReferenceContext<T>> dw);
template <class T>
void conv2d_wgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, In<CpuContext<T>> dy,
                  Params<CpuContext<T>> dw);
template <class T>
void conv2d_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, In<CudaContext<T>> dy,
                  Params<CudaContext<T>> dw);

}  // namespace kindling
