#pragma once

#include "kernels/context.h"

namespace kindling {

// Fully connected layer (torch.nn.Linear): x [N,1,1,C], w [K,C] and b [K] of param_t, logits [N,K] of param_t.
//
//   forward   logits[n,k] = b[k] + sum_c x[n,c] w[k,c]
//   backward  dx[n,c] = sum_k dlogits[n,k] w[k,c],  dw[k,c] = sum_n dlogits[n,k] x[n,c],  db[k] = sum_n dlogits[n,k]
//
// All outputs are assigned; no view may overlap another. Sums are kept in at least fp32, in a fixed order.
template <class C>
struct LinearForward {
  In<C> x;
  ConstParams<C> w;
  ConstParams<C> b;
  Params<C> logits;
};

template <class T>
void linear_forward(ReferenceContext<T>& context, const LinearForward<ReferenceContext<T>>& args);
template <class T>
void linear_forward(CpuContext<T>& context, const LinearForward<CpuContext<T>>& args);
template <class T>
void linear_forward(CudaContext<T>& context, const LinearForward<CudaContext<T>>& args);

template <class C>
struct LinearBackward {
  In<C> x;
  ConstParams<C> w;
  ConstParams<C> dlogits;
  Out<C> dx;
  Params<C> dw;
  Params<C> db;
};

template <class T>
void linear_backward(ReferenceContext<T>& context, const LinearBackward<ReferenceContext<T>>& args);
template <class T>
void linear_backward(CpuContext<T>& context, const LinearBackward<CpuContext<T>>& args);
template <class T>
void linear_backward(CudaContext<T>& context, const LinearBackward<CudaContext<T>>& args);

}  // namespace kindling
