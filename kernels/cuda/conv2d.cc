#include "kernels/conv2d.h"

#include "kernels/conv2d_checks.h"
#include "kernels/core/dtype.h"
#include "kernels/cuda/conv2d_cudnn.h"
#include "kernels/cuda/conv2d_implicit_gemm.h"

namespace kindling {

namespace {

// The input as its check wants it: padding behind its channels (kernels/input.h) does not count.
template <class T>
In<CudaContext<T>> unpadded(In<CudaContext<T>> x) {
  if (x.shape.c > x.valid_c) x.shape.c = x.valid_c;
  return x;
}

}  // namespace

template <class T>
void conv2d_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, Filter<CudaContext<T>> w,
                    Out<CudaContext<T>> y) {
  check_conv2d_forward<CudaContext<T>>(shape, unpadded<T>(x), w, y, shape.n);
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_forward<T>(context, shape, x, w.data(), y.data);
  } else {
    implicit_gemm_forward<T>(context, shape, x, w.data(), y.data);
  }
}

template <class T>
void conv2d_dgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> dy, Filter<CudaContext<T>> w,
                  Out<CudaContext<T>> dx, Accumulate accumulate) {
  check_conv2d_dgrad<CudaContext<T>>(shape, dy, w, dx, shape.n);
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_dgrad(context, shape, dy.data, w.data(), dx.data, accumulate);
  } else {
    implicit_gemm_dgrad(context, shape, dy.data, w.data(), dx.data, accumulate);
  }
}

template <class T>
void conv2d_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, In<CudaContext<T>> dy,
                  Params<CudaContext<T>> dw) {
  check_conv2d_wgrad<CudaContext<T>>(shape, unpadded<T>(x), dy, dw, shape.n);
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    cudnn_wgrad<T>(context, shape, x, dy.data, dw.data());
  } else {
    implicit_gemm_wgrad<T>(context, shape, x, dy.data, dw.data());
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
