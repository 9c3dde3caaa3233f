#include "kernels/conv2d.h"

#include "kernels/activation_checks.h"
#include "kernels/conv2d_checks.h"
#include "kernels/conv2d_inference.h"
#include "kernels/cpu/conv2d_algorithm.h"
#include "kernels/cpu/conv2d_bf16.h"
#include "kernels/cpu/conv2d_direct.h"
#include "kernels/cpu/conv2d_winograd.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {
namespace {

void run_gather(CpuContext<float>& context, const GatherProblem& problem) {
  const ConvAlgorithm algorithm = algorithm_for(context.conv_algorithm(), problem.shape);
  if (algorithm == ConvAlgorithm::kDirect) return direct_gather(context, problem);
  winograd_gather(context, winograd_kernels(context.simd(), algorithm), problem);
}

void run_wgrad(CpuContext<float>& context, const WgradProblem& problem) {
  const ConvAlgorithm algorithm = algorithm_for(context.conv_algorithm(), problem.shape);
  if (algorithm == ConvAlgorithm::kDirect) return direct_wgrad(context, problem);
  winograd_wgrad(context, winograd_kernels(context.simd(), algorithm), problem);
}

void run_gather(CpuContext<bfloat16>& context, const GatherProblemOf<bfloat16>& problem) {
  bf16_gather(context, problem);
}
void run_wgrad(CpuContext<bfloat16>& context, const WgradProblemOf<bfloat16>& problem) {
  bf16_wgrad(context, problem);
}

template <class T>
GatherProblemOf<T> forward_problem(const Conv2dShape& shape, const In<CpuContext<T>>& x, const Filter<CpuContext<T>>& w,
                                   const Out<CpuContext<T>>& y) {
  check_conv2d_forward<CpuContext<T>>(shape, x, w, y, shape.n, taken_layout(x));
  return {.gather = Gather::kForward,
          .shape = shape,
          .layout = taken_layout(x),
          .source = x.data,
          .w = w.data(),
          .target = y.data,
          .accumulate = false};
}

}  // namespace

template <class T>
void conv2d_forward(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, Filter<CpuContext<T>> w,
                    Out<CpuContext<T>> y) {
  run_gather(context, forward_problem<T>(shape, x, w, y));
}

template <class T>
void conv2d_inference(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, Filter<CpuContext<T>> w,
                      const Deferred<CpuContext<T>>& rest, Out<CpuContext<T>> y) {
  GatherProblemOf<T> problem = forward_problem<T>(shape, x, w, y);
  Deferred<CpuContext<T>> value = rest;
  value.raw = y;
  check_materialize<CpuContext<T>>(value, y, shape.n, problem.layout);
  const PointwiseRows<T> epilogue = pointwise_rows<T>(value, y);
  problem.epilogue = &epilogue;
  run_gather(context, problem);
}

template <class T>
void conv2d_dgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> dy, Filter<CpuContext<T>> w,
                  Out<CpuContext<T>> dx, Accumulate accumulate) {
  check_conv2d_dgrad<CpuContext<T>>(shape, dy, w, dx, shape.n, taken_layout(dy));
  run_gather(context, GatherProblemOf<T>{.gather = Gather::kDgrad,
                                         .shape = shape,
                                         .layout = taken_layout(dy),
                                         .source = dy.data,
                                         .w = w.data(),
                                         .target = dx.data,
                                         .accumulate = accumulate == Accumulate::kAdd});
}

template <class T>
void conv2d_wgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, In<CpuContext<T>> dy,
                  Params<CpuContext<T>> dw) {
  check_conv2d_wgrad<CpuContext<T>>(shape, x, dy, dw, shape.n, taken_layout(x));
  run_wgrad(context, WgradProblemOf<T>{shape, taken_layout(x), x.data, dy.data, dw});
}

template void conv2d_forward(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, Filter<CpuContext<float>>,
                             Out<CpuContext<float>>);
template void conv2d_inference(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, Filter<CpuContext<float>>,
                               const Deferred<CpuContext<float>>&, Out<CpuContext<float>>);
template void conv2d_dgrad(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, Filter<CpuContext<float>>,
                           Out<CpuContext<float>>, Accumulate);
template void conv2d_wgrad(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, In<CpuContext<float>>,
                           Params<CpuContext<float>>);
template void conv2d_forward(CpuContext<bfloat16>&, const Conv2dShape&, In<CpuContext<bfloat16>>,
                             Filter<CpuContext<bfloat16>>, Out<CpuContext<bfloat16>>);
template void conv2d_inference(CpuContext<bfloat16>&, const Conv2dShape&, In<CpuContext<bfloat16>>,
                               Filter<CpuContext<bfloat16>>, const Deferred<CpuContext<bfloat16>>&,
                               Out<CpuContext<bfloat16>>);
template void conv2d_dgrad(CpuContext<bfloat16>&, const Conv2dShape&, In<CpuContext<bfloat16>>,
                           Filter<CpuContext<bfloat16>>, Out<CpuContext<bfloat16>>, Accumulate);
template void conv2d_wgrad(CpuContext<bfloat16>&, const Conv2dShape&, In<CpuContext<bfloat16>>,
                           In<CpuContext<bfloat16>>, Params<CpuContext<bfloat16>>);

}  // namespace kindling
