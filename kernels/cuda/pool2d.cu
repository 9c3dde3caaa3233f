#include "kernels/pool2d.h"

#include "kernels/core/check.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"

namespace kindling {
namespace {

// One thread, one image and one pack of channels: it adds up the pixels in order. Neighbours read neighbouring packs.
template <class T, int kLanes>
__global__ void average_kernel(const T* x, T* y, unsigned items, unsigned packs_per_pixel, unsigned pixels) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= items) return;
  const unsigned n = i / packs_per_pixel;
  const std::int64_t first = std::int64_t{n} * pixels * packs_per_pixel + i % packs_per_pixel;
  Pack<float, kLanes> sum = {};
  for (unsigned pixel = 0; pixel < pixels; ++pixel) {
    const Pack<float, kLanes> values = load_as_floats<kLanes>(x, first + std::int64_t{pixel} * packs_per_pixel);
    KINDLING_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) sum.lane[lane] += values.lane[lane];
  }
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) sum.lane[lane] /= static_cast<float>(pixels);
  store_rounded<kLanes>(y, i, sum);
}

// One thread, one pack of dx.
template <class T, int kLanes>
__global__ void spread_kernel(const T* dy, T* dx, unsigned packs, unsigned packs_per_pixel, unsigned pixels) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= packs) return;
  const unsigned n = i / (packs_per_pixel * pixels);
  Pack<float, kLanes> share = load_as_floats<kLanes>(dy, std::int64_t{n} * packs_per_pixel + i % packs_per_pixel);
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) share.lane[lane] /= static_cast<float>(pixels);
  store_rounded<kLanes>(dx, i, share);
}

template <class T, int kLanes>
void launch_average(CudaContext<T>& context, const T* x, T* y, const Shape4& shape) {
  const std::int64_t items = shape.n * shape.c / kLanes;
  launch(average_kernel<T, kLanes>, grid_for(items), dim3(kBlockThreads), 0, context.stream(), x, y, items,
         shape.c / kLanes, shape.h * shape.w);
}

template <class T, int kLanes>
void launch_spread(CudaContext<T>& context, const T* dy, T* dx, const Shape4& shape) {
  const std::int64_t packs = shape.elements() / kLanes;
  launch(spread_kernel<T, kLanes>, grid_for(packs), dim3(kBlockThreads), 0, context.stream(), dy, dx, packs,
         shape.c / kLanes, shape.h * shape.w);
}

}  // namespace

template <class T>
void global_average_pool_forward(CudaContext<T>& context, In<CudaContext<T>> x, Out<CudaContext<T>> y) {
  const OpCheck check("global_average_pool_forward");
  check.dense("x", x, x.shape);
  check.positive("H W of x", x.shape.h * x.shape.w);
  check.dense("y", y, {x.shape.n, 1, 1, x.shape.c});
  if (x.shape.elements() == 0) return;
  if (fits_wide<T>(x.shape.c, x.data, y.data)) {
    launch_average<T, kWideLanes<T>>(context, x.data, y.data, x.shape);
  } else {
    launch_average<T, 1>(context, x.data, y.data, x.shape);
  }
}

template <class T>
void global_average_pool_backward(CudaContext<T>& context, In<CudaContext<T>> dy, Out<CudaContext<T>> dx) {
  const OpCheck check("global_average_pool_backward");
  check.dense("dx", dx, dx.shape);
  check.positive("H W of dx", dx.shape.h * dx.shape.w);
  check.dense("dy", dy, {dx.shape.n, 1, 1, dx.shape.c});
  if (dx.shape.elements() == 0) return;
  if (fits_wide<T>(dx.shape.c, dy.data, dx.data)) {
    launch_spread<T, kWideLanes<T>>(context, dy.data, dx.data, dx.shape);
  } else {
    launch_spread<T, 1>(context, dy.data, dx.data, dx.shape);
  }
}

#define KINDLING_INSTANTIATE(T)                                                                        \
  template void global_average_pool_forward(CudaContext<T>&, In<CudaContext<T>>, Out<CudaContext<T>>); \
  template void global_average_pool_backward(CudaContext<T>&, In<CudaContext<T>>, Out<CudaContext<T>>);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
