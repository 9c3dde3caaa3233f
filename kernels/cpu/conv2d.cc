#include "kernels/conv2d.h"

#include "kernels/conv2d_checks.h"
#include "kernels/cpu/conv2d_algorithm.h"
#include "kernels/cpu/conv2d_direct.h"
#include "kernels/cpu/conv2d_winograd.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {
namespace {

void run_gather(CpuContext<float>& context, const GatherProblem& problem) {
  const ConvAlgorithm algorithm = algorithm_for(context.conv_algorithm(), problem.shape);
  if (algorithm == ConvAlgorithm::kDirect) return direct_gather(context, problem);
  winograd_gather(context, winograd_kernels(context.simd(), algorithm), problem);
}

}  // namespace

template <class T>
void conv2d_forward(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, Filter<CpuContext<T>> w,
                    Out<CpuContext<T>> y) {
  check_conv2d_forward<CpuContext<T>>(shape, x, w, y, shape.n);
  run_gather(context, {.gather = Gather::kForward,
                       .shape = shape,
                       .source = x.data,
                       .w = w.data(),
                       .target = y.data,
                       .accumulate = false});
}

template <class T>
void conv2d_dgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> dy, Filter<CpuContext<T>> w,
                  Out<CpuContext<T>> dx, Accumulate accumulate) {
  check_conv2d_dgrad<CpuContext<T>>(shape, dy, w, dx, shape.n);
  run_gather(context, {.gather = Gather::kDgrad,
                       .shape = shape,
                       .source = dy.data,
                       .w = w.data(),
                       .target = dx.data,
                       .accumulate = accumulate == Accumulate::kAdd});
}

template <class T>
void conv2d_wgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, In<CpuContext<T>> dy,
                  Params<CpuContext<T>> dw) {
  check_conv2d_wgrad<CpuContext<T>>(shape, x, dy, dw, shape.n);
  const ConvAlgorithm algorithm = algorithm_for(context.conv_algorithm(), shape);
  const WgradProblem problem{shape, x.data, dy.data, dw};
  if (algorithm == ConvAlgorithm::kDirect) return direct_wgrad(context, problem);
  winograd_wgrad(context, winograd_kernels(context.simd(), algorithm), problem);
}

template void conv2d_forward(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, Filter<CpuContext<float>>,
                             Out<CpuContext<float>>);
template void conv2d_dgrad(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, Filter<CpuContext<float>>,
                           Out<CpuContext<float>>, Accumulate);
template void conv2d_wgrad(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, In<CpuContext<float>>,
                           Params<CpuContext<float>>);

}  // namespace kindling
