#pragma once

#include "kernels/core/view.h"

namespace kindling {

// A context is what an op runs on: it picks the overload, names the element types and owns the threads, streams and
// workspace that the bodies use. T is the type of activations. Every context names
//   space         where its memory lies (HostSpace or DeviceSpace)
//   activation_t  element type of activations, their gradients and the filter copies that convolutions read
//   param_t       element type of parameters, their gradients, statistics, moments, logits and loss
// Ops of one context run in the order of the calls; contexts are not shared between threads.
template <class T>
class ReferenceContext;  // kernels/reference: plain loops, the oracle (T = float, double)
template <class T>
class CpuContext;  // kernels/cpu: OpenMP, BLAS and SIMD (T = float, bfloat16)
template <class T>
class CudaContext;  // kernels/cuda: one GPU (T = float, bfloat16)

// What ops take, by role. All are views: nobody owns through them, and none is kept after the call.
// A view that doesn't have the shape its op states throws Error(kInternal) (OpCheck of kernels/core/check.h).
template <class C>
using In = ActivationView<typename C::space, const typename C::activation_t>;
template <class C>
using Out = ActivationView<typename C::space, typename C::activation_t>;
template <class C>
using Filter = View<typename C::space, const typename C::activation_t>;
template <class C>
using ConstParams = View<typename C::space, const typename C::param_t>;
template <class C>
using Params = View<typename C::space, typename C::param_t>;

}  // namespace kindling
