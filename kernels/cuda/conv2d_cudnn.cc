#include "kernels/cuda/conv2d_cudnn.h"

#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/cuda/cast.h"
#include "kernels/cudnn/conv2d_plans.h"

namespace kindling {
namespace {

template <class T>
ConvPrecision precision_of(const CudaContext<T>& context) {
  if (std::is_same_v<T, bfloat16>) return ConvPrecision::kBf16;
  return context.tf32() ? ConvPrecision::kTf32 : ConvPrecision::kFp32;
}

// cuDNN takes every operand as void*, also what it only reads.
template <class T>
void* operand(const T* data) {
  return const_cast<T*>(data);
}

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
void cudnn_forward(CudaContext<T>& context, const Conv2dShape& shape, const T* x, const T* w, T* y) {
  run(context, {.shape = shape, .pass = Conv2dPass::kForward, .precision = precision_of(context)},
      {.x = operand(x), .w = operand(w), .y = y});
}

template <class T>
void cudnn_dgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* dy, const T* w, T* dx,
                 Accumulate accumulate) {
  run(context,
      {.shape = shape, .pass = Conv2dPass::kDgrad, .precision = precision_of(context), .accumulate = accumulate},
      {.x = dx, .w = operand(w), .y = operand(dy)});
}

template <class T>
void cudnn_wgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* x, const T* dy, float* dw) {
  const Conv2dProblem problem{.shape = shape, .pass = Conv2dPass::kWgrad, .precision = precision_of(context)};
  if constexpr (std::is_same_v<T, float>) {
    run(context, problem, {.x = operand(x), .w = dw, .y = operand(dy)});
  } else {
    constexpr std::int64_t kAlignment = 256;
    const std::int64_t elements = shape.filter_elements();
    const std::int64_t reserved =
        (elements * static_cast<std::int64_t>(sizeof(T)) + kAlignment - 1) / kAlignment * kAlignment;
    T* const rounded = reinterpret_cast<T*>(context.workspace(static_cast<std::size_t>(reserved)));
    run(context, problem, {.x = operand(x), .w = rounded, .y = operand(dy)}, reserved);
    cast(rounded, dw, elements, context.stream());
  }
}

#define KINDLING_INSTANTIATE(T)                                                                       \
  template void cudnn_forward(CudaContext<T>&, const Conv2dShape&, const T*, const T*, T*);           \
  template void cudnn_dgrad(CudaContext<T>&, const Conv2dShape&, const T*, const T*, T*, Accumulate); \
  template void cudnn_wgrad(CudaContext<T>&, const Conv2dShape&, const T*, const T*, float*);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
