#pragma once

#include "kernels/conv2d.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cudnn/conv2d_problem.h"

namespace kindling {

// What this context's convolutions compute with, if cuDNN does them.
template <class T>
ConvPrecision conv_precision(const CudaContext<T>& context);

// kernels/conv2d.h by cuDNN (kernels/cudnn/conv2d_plans.h), for --conv cudnn. Views have been checked; pointers must be
// aligned to 16 bytes. In bf16 cuDNN's wgrad writes bf16 only (it accumulates in fp32 and rounds once): it does so into
// the context's workspace, from where a cast brings it to dw. Where x is padded to more channels, so is the filter,
// there too: a copy with zeros before the forward pass, and of wgrad's result only the channels that count go to dw.
template <class T>
void cudnn_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* w, T* y);
template <class T>
void cudnn_dgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* dy, const T* w, T* dx,
                 Accumulate accumulate);
template <class T>
void cudnn_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* dy, float* dw);

}  // namespace kindling
