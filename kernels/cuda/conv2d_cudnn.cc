#include "kernels/cuda/conv2d_cudnn.h"

#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/cuda/cast.h"
#include "kernels/cuda/conv2d_implicit_gemm.h"
#include "kernels/cudnn/conv2d_plans.h"

namespace kindling {
namespace {

// cuDNN takes every operand as void*, also what it only reads.
template <class T>
void* operand(const T* data) {
  return const_cast<T*>(data);
}

// The shape as x lies in memory, whose channels may be padded (kernels/input.h).
template <class T>
Conv2dShape stored_shape(Conv2dShape shape, const In<CudaContext<T>>& x) {
  shape.c = x.shape.c;
  return shape;
}

std::int64_t taps(const Conv2dShape& shape) {
  return shape.k * shape.r * shape.s();
}

// A filter of this shape at the front of the workspace.
template <class T>
struct WorkspaceFilter {
  WorkspaceFilter(CudaContext<T>& context, const Conv2dShape& shape)
      : bytes((shape.filter_elements() * static_cast<std::int64_t>(sizeof(T)) + kAlignment - 1) / kAlignment *
              kAlignment),
        data(reinterpret_cast<T*>(context.workspace(static_cast<std::size_t>(bytes)))) {}

  static constexpr std::int64_t kAlignment = 256;
  std::int64_t bytes;
  T* data;
};

// Runs the problem with the first `reserved` bytes of the context's workspace left alone.
template <class T>
void run(CudaContext<T>& context, const Conv2dProblem& problem, const Conv2dOperands& operands,
         std::int64_t reserved = 0) {
  Conv2dPlans& plans = context.conv2d_plans();
  const std::int64_t bytes = plans.workspace_bytes(problem);
  std::byte* const workspace = context.workspace(static_cast<std::size_t>(reserved + bytes)) + reserved;
  plans.run(problem, operands, {workspace, bytes}, context.stream());
}

}  // namespace

template <class T>
ConvPrecision conv_precision(const CudaContext<T>& context) {
  if (std::is_same_v<T, bfloat16>) return ConvPrecision::kBf16;
  return context.tf32() ? ConvPrecision::kTf32 : ConvPrecision::kFp32;
}

template <class T>
void cudnn_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* w, T* y) {
  const Conv2dShape stored = stored_shape<T>(shape, x);
  const Conv2dProblem problem{.shape = stored, .pass = Conv2dPass::kForward, .precision = conv_precision(context)};
  if (stored == shape) {
    run(context, problem, {.x = operand(x.data), .w = operand(w), .y = y});
    return;
  }
  const WorkspaceFilter<T> padded(context, stored);
  cast_channels(w, shape.c, padded.data, stored.c, taps(shape), context.stream());
  run(context, problem, {.x = operand(x.data), .w = padded.data, .y = y}, padded.bytes);
}

template <class T>
void cudnn_dgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* dy, const T* w, T* dx,
                 Accumulate accumulate) {
  const Conv2dProblem problem{
      .shape = shape, .pass = Conv2dPass::kDgrad, .precision = conv_precision(context), .accumulate = accumulate};
  if (context.conv2d_plans().serves(problem)) {
    run(context, problem, {.x = dx, .w = operand(w), .y = operand(dy)});
  } else {
    implicit_gemm_dgrad(context, shape, dy, w, dx, accumulate);
  }
}

template <class T>
void cudnn_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* dy, float* dw) {
  const Conv2dShape stored = stored_shape<T>(shape, x);
  const Conv2dProblem problem{.shape = stored, .pass = Conv2dPass::kWgrad, .precision = conv_precision(context)};
  if constexpr (std::is_same_v<T, float>) {
    if (stored == shape) {
      run(context, problem, {.x = operand(x.data), .w = dw, .y = operand(dy)});
      return;
    }
  }
  const WorkspaceFilter<T> made(context, stored);
  run(context, problem, {.x = operand(x.data), .w = made.data, .y = operand(dy)}, made.bytes);
  cast_channels(made.data, stored.c, dw, shape.c, taps(shape), context.stream());
}

#define KINDLING_INSTANTIATE(T)                                                                       \
  template ConvPrecision conv_precision(const CudaContext<T>&);                                       \
  template void cudnn_forward(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, const T*, T*); \
  template void cudnn_dgrad(CudaContext<T>&, const Conv2dShape&, const T*, const T*, T*, Accumulate); \
  template void cudnn_wgrad(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, const T*, float*);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
