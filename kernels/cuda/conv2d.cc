#include "kernels/conv2d.h"

#include "kernels/core/check.h"
#include "kernels/core/dtype.h"
#include "kernels/cuda/conv2d_cudnn.h"
#include "kernels/cuda/conv2d_implicit_gemm.h"

namespace kindling {

template <class T>
void conv2d_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, Filter<CudaContext<T>> w,
                    Out<CudaContext<T>> y) {
  const OpCheck check("conv2d_forward");
  check.convolution(shape);
  check.dense("x", x, shape.x_shape());
  check.size("w", w, shape.filter_elements());
  check.dense("y", y, shape.y_shape());
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_forward(context, shape, x.data, w.data(), y.data);
  } else {
    implicit_gemm_forward(context, shape, x.data, w.data(), y.data);
  }
}

template <class T>
void conv2d_dgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> dy, Filter<CudaContext<T>> w,
                  Out<CudaContext<T>> dx, Accumulate accumulate) {
  const OpCheck check("conv2d_dgrad");
  check.convolution(shape);
  check.dense("dy", dy, shape.y_shape());
  check.size("w", w, shape.filter_elements());
  check.dense("dx", dx, shape.x_shape());
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_dgrad(context, shape, dy.data, w.data(), dx.data, accumulate);
  } else {
    implicit_gemm_dgrad(context, shape, dy.data, w.data(), dx.data, accumulate);
  }
}

template <class T>
void conv2d_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, In<CudaContext<T>> dy,
                  Params<CudaContext<T>> dw) {
  const OpCheck check("conv2d_wgrad");
  check.convolution(shape);
  check.dense("x", x, shape.x_shape());
  check.dense("dy", dy, shape.y_shape());
  check.size("dw", dw, shape.filter_elements());
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_wgrad(context, shape, x.data, dy.data, dw.data());
  } else {
    implicit_gemm_wgrad(context, shape, x.data, dy.data, dw.data());
  }
}

#define KINDLING_INSTANTIATE(T)                                                                                 \
  template void conv2d_forward(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, Filter<CudaContext<T>>, \
                               Out<CudaContext<T>>);                                                            \
  template void conv2d_dgrad(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, Filter<CudaContext<T>>,   \
                             Out<CudaContext<T>>, Accumulate);                                                  \
  template void conv2d_wgrad(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, In<CudaContext<T>>,       \
                             Params<CudaContext<T>>);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
