#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/memory.h"

namespace kindling {

// One optimizer step over a flat run of parameters, as torch.optim defines them. p is the parameter, g its gradient, t
// the number of the step from 1. In all of them weight decay is L2 added to the gradient first: g <- g + weight_decay
// p. params, grads and moments have the same length and don't overlap; params and moments are updated in place, grads
// are read. Scalars that change from step to step lie in the context's memory, so that a recorded step can be replayed.
struct StepScalars {
  double lr = 0;
  std::int64_t step = 0;  // t, from 1
};

template <class C>
using StepScalarsView = View<typename C::space, const StepScalars>;  // one element

// Writes the scalars of the step to come, in the order of ops.
template <HostContext C>
void set_step_scalars(C& /*context*/, const StepScalars& scalars, View<HostSpace, StepScalars> to) {
  to[0] = scalars;
}
template <class T>
void set_step_scalars(CudaContext<T>& context, const StepScalars& scalars, View<DeviceSpace, StepScalars> to);

//   SGD       b = g at t = 1, else momentum b + g;  p -= lr b             (momentum 0: p -= lr g, no buffer)
//   Nesterov  the same b;                           p -= lr (g + momentum b)
template <class C>
struct SgdStep {
  Params<C> params;
  ConstParams<C> grads;
  Params<C> momentum_buffer;  // empty when momentum is 0
  StepScalarsView<C> scalars;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

template <class T>
void sgd_step(ReferenceContext<T>& context, const SgdStep<ReferenceContext<T>>& args);
template <class T>
void sgd_step(CpuContext<T>& context, const SgdStep<CpuContext<T>>& args);
template <class T>
void sgd_step(CudaContext<T>& context, const SgdStep<CudaContext<T>>& args);

//   s += g g;  p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)                  (Duchi et al., 2011)
template <class C>
struct AdagradStep {
  Params<C> params;
  ConstParams<C> grads;
  Params<C> sum_of_squares;
  StepScalarsView<C> scalars;
  double lr_decay = 0;
  double eps = 1e-10;
  double weight_decay = 0;
};

template <class T>
void adagrad_step(ReferenceContext<T>& context, const AdagradStep<ReferenceContext<T>>& args);
template <class T>
void adagrad_step(CpuContext<T>& context, const AdagradStep<CpuContext<T>>& args);
template <class T>
void adagrad_step(CudaContext<T>& context, const AdagradStep<CudaContext<T>>& args);

//   v = rho v + (1 - rho) g g;  d = sqrt(u + eps) / sqrt(v + eps) g;  u = rho u + (1 - rho) d d;  p -= lr d
//                                                                                      (Zeiler, 2012)
template <class C>
struct AdadeltaStep {
  Params<C> params;
  ConstParams<C> grads;
  Params<C> square_average;    // v
  Params<C> accumulate_delta;  // u
  StepScalarsView<C> scalars;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
};

template <class T>
void adadelta_step(ReferenceContext<T>& context, const AdadeltaStep<ReferenceContext<T>>& args);
template <class T>
void adadelta_step(CpuContext<T>& context, const AdadeltaStep<CpuContext<T>>& args);
template <class T>
void adadelta_step(CudaContext<T>& context, const AdadeltaStep<CudaContext<T>>& args);

//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g
//   p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)                  (Kingma and Ba, 2015)
template <class C>
struct AdamStep {
  Params<C> params;
  ConstParams<C> grads;
  Params<C> first_moment;
  Params<C> second_moment;
  StepScalarsView<C> scalars;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

template <class T>
void adam_step(ReferenceContext<T>& context, const AdamStep<ReferenceContext<T>>& args);
template <class T>
void adam_step(CpuContext<T>& context, const AdamStep<CpuContext<T>>& args);
template <class T>
void adam_step(CudaContext<T>& context, const AdamStep<CudaContext<T>>& args);

}  // namespace kindling
