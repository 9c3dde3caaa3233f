#pragma once

#include "kernels/conv2d.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {

// kernels/conv2d.h by implicit GEMM, for every shape: fp32 in plain arithmetic, bf16 on tensor cores (sm_80 and up).
// Views have been checked.
template <class T>
void implicit_gemm_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* w, T* y);
template <class T>
void implicit_gemm_dgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* dy, const T* w, T* dx,
                         Accumulate accumulate);
template <class T>
void implicit_gemm_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* dy,
                         float* dw);

}  // namespace kindling
