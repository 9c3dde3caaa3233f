#pragma once

#include "kernels/context.h"

namespace kindling {

// Average over all pixels of an image: x [N,H,W,C] -> y [N,1,1,C], y = sum_{h,w} x / (H W); the network's 4x4 pool.
// Backward spreads the gradient evenly: dx = dy / (H W). Assigned, no overlap. Sums are kept in at least fp32.
template <class T>
void global_average_pool_forward(ReferenceContext<T>& context, In<ReferenceContext<T>> x, Out<ReferenceContext<T>> y);
template <class T>
void global_average_pool_forward(CpuContext<T>& context, In<CpuContext<T>> x, Out<CpuContext<T>> y);
template <class T>
void global_average_pool_forward(CudaContext<T>& context, In<CudaContext<T>> x, Out<CudaContext<T>> y);

template <class T>
void global_average_pool_backward(ReferenceContext<T>& context, In<ReferenceContext<T>> dy,
                                  Out<ReferenceContext<T>> dx);
template <class T>
void global_average_pool_backward(CpuContext<T>& context, In<CpuContext<T>> dy, Out<CpuContext<T>> dx);
template <class T>
void global_average_pool_backward(CudaContext<T>& context, In<CudaContext<T>> dy, Out<CudaContext<T>> dx);

}  // namespace kindling
