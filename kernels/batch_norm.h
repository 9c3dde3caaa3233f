#pragma once

#include "kernels/context.h"

namespace kindling {

// Batch normalisation per channel over M = N*H*W values (Ioffe and Szegedy, 2015; semantics of torch.nn.BatchNorm2d).
//
//   training   mean = sum x / M,  var = sum (x - mean)^2 / M,  inv_std = 1 / sqrt(var + eps)
//              running_mean = (1 - momentum) running_mean + momentum mean
//              running_var  = (1 - momentum) running_var  + momentum var M / (M - 1)     (M = 1: Error(kUsage))
//   inference  mean = running_mean, var = running_var
//   both       scale = gamma inv_std,  shift = beta - mean scale,  so that y = x scale + shift
//
// These ops leave scale and shift; y itself is written by `materialize` (kernels/activation.h), together with the
// residual and the ReLU. Sums are kept in double, or in fp32 over tiles of pixels that are then combined in double; for
// the variance those are sums of deviations from a value near the tile's mean, combined by Chan's formula: E[x^2] -
// E[x]^2 in fp32 would cancel where |mean| is much larger than the standard deviation. All parameter views hold C
// values of param_t.
template <class C>
struct BatchNormStatistics {
  In<C> x;
  ConstParams<C> gamma;
  ConstParams<C> beta;
  double eps = 1e-5;
  double momentum = 0.1;
  Params<C> running_mean;   // updated
  Params<C> running_var;    // updated
  Params<C> saved_mean;     // assigned
  Params<C> saved_inv_std;  // assigned
  Params<C> scale;          // assigned
  Params<C> shift;          // assigned
};

template <class T>
void batch_norm_statistics(ReferenceContext<T>& context, const BatchNormStatistics<ReferenceContext<T>>& args);
template <class T>
void batch_norm_statistics(CpuContext<T>& context, const BatchNormStatistics<CpuContext<T>>& args);
template <class T>
void batch_norm_statistics(CudaContext<T>& context, const BatchNormStatistics<CudaContext<T>>& args);

template <class C>
struct BatchNormInference {
  ConstParams<C> gamma;
  ConstParams<C> beta;
  ConstParams<C> running_mean;
  ConstParams<C> running_var;
  double eps = 1e-5;
  Params<C> scale;  // assigned
  Params<C> shift;  // assigned
};

template <class T>
void batch_norm_inference(ReferenceContext<T>& context, const BatchNormInference<ReferenceContext<T>>& args);
template <class T>
void batch_norm_inference(CpuContext<T>& context, const BatchNormInference<CpuContext<T>>& args);
template <class T>
void batch_norm_inference(CudaContext<T>& context, const BatchNormInference<CudaContext<T>>& args);

// Gradient through y = f(batch_norm(x) + residual), training statistics. With xhat = (x - saved_mean) saved_inv_std and
// dz = dy where y > 0, else 0 (y empty: there was no ReLU, dz = dy):
//
//   dbeta = sum dz,  dgamma = sum dz xhat,  dx = gamma saved_inv_std (dz - dbeta / M - xhat dgamma / M)
//
// and dz itself is the gradient of the residual. dx and dresidual have the shape of dy; either may be dy's memory, not
// each other's. dresidual may be empty.
template <class C>
struct BatchNormBackward {
  In<C> dy;
  In<C> y;
  In<C> x;
  ConstParams<C> gamma;
  ConstParams<C> saved_mean;
  ConstParams<C> saved_inv_std;
  Params<C> dgamma;  // assigned
  Params<C> dbeta;   // assigned
  Out<C> dx;         // assigned
  Out<C> dresidual;  // assigned, unless empty
};

template <class T>
void batch_norm_backward(ReferenceContext<T>& context, const BatchNormBackward<ReferenceContext<T>>& args);
template <class T>
void batch_norm_backward(CpuContext<T>& context, const BatchNormBackward<CpuContext<T>>& args);
template <class T>
void batch_norm_backward(CudaContext<T>& context, const BatchNormBackward<CudaContext<T>>& args);

}  // namespace kindling
