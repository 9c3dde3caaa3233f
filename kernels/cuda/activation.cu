#include "kernels/activation.h"

#include "kernels/activation_checks.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/device_language.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"

namespace kindling {
namespace {

// What materialize reads, as plain pointers; what is absent is null.
template <class T>
struct MaterializeArgs {
  const T* raw;
  const float* scale;
  const float* shift;
  const T* residual;
  const float* residual_scale;
  const float* residual_shift;
  T* y;
  unsigned packs;
  unsigned packs_per_pixel;
  bool relu;
};

// values = values * scale + shift of the channels in pack c.
template <int kLanes>
__device__ void scale_and_shift(Pack<float, kLanes>& values, const float* scale, const float* shift, unsigned c) {
  const Pack<float, kLanes> a = load_floats<kLanes>(scale, c);
  const Pack<float, kLanes> b = load_floats<kLanes>(shift, c);
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) values.lane[lane] = values.lane[lane] * a.lane[lane] + b.lane[lane];
}

// One thread, one pack. It reads its elements before it writes them, so y may be raw's or residual's memory.
template <class T, int kLanes>
__global__ void materialize_kernel(MaterializeArgs<T> args) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= args.packs) return;
  const unsigned c = i % args.packs_per_pixel;
  Pack<float, kLanes> values = load_as_floats<kLanes>(args.raw, i);
  if (args.scale != nullptr) scale_and_shift(values, args.scale, args.shift, c);
  if (args.residual != nullptr) {
    Pack<float, kLanes> residual = load_as_floats<kLanes>(args.residual, i);
    if (args.residual_scale != nullptr) scale_and_shift(residual, args.residual_scale, args.residual_shift, c);
    KINDLING_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) values.lane[lane] += residual.lane[lane];
  }
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    if (args.relu && values.lane[lane] < 0) values.lane[lane] = 0;  // not max: a NaN has to pass
  }
  store_rounded<kLanes>(args.y, i, values);
}

template <class T, int kLanes>
__global__ void relu_backward_kernel(const T* dy, const T* y, T* dx, unsigned packs) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= packs) return;
  Pack<T, kLanes> gradient = load_pack<kLanes>(dy, i);
  const Pack<T, kLanes> output = load_pack<kLanes>(y, i);
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    if (!(static_cast<float>(output.lane[lane]) > 0)) gradient.lane[lane] = T(0.0F);
  }
  store_pack<kLanes>(dx, i, gradient);
}

const float* data_or_null(const View<DeviceSpace, const float>& values) {
  return values.empty() ? nullptr : values.data();
}

template <class T, int kLanes>
void launch_materialize(CudaContext<T>& context, MaterializeArgs<T> args, const Shape4& shape) {
  args.packs_per_pixel = static_cast<unsigned>(shape.c / kLanes);
  args.packs = static_cast<unsigned>(shape.elements() / kLanes);
  launch(materialize_kernel<T, kLanes>, grid_for(shape.elements() / kLanes), dim3(kBlockThreads), 0, context.stream(),
         args);
}

template <class T, int kLanes>
void launch_relu_backward(CudaContext<T>& context, const T* dy, const T* y, T* dx, std::int64_t elements) {
  const std::int64_t packs = elements / kLanes;
  launch(relu_backward_kernel<T, kLanes>, grid_for(packs), dim3(kBlockThreads), 0, context.stream(), dy, y, dx, packs);
}

}  // namespace

template <class T>
void materialize(CudaContext<T>& context, const Deferred<CudaContext<T>>& value, Out<CudaContext<T>> y) {
  const Shape4& shape = value.raw.shape;
  const std::int64_t channels = shape.c;
  check_materialize<CudaContext<T>>(value, y, shape.n);
  if (shape.elements() == 0) return;
  const MaterializeArgs<T> args{.raw = value.raw.data,
                                .scale = data_or_null(value.scale),
                                .shift = data_or_null(value.shift),
                                .residual = value.residual.data,
                                .residual_scale = data_or_null(value.residual_scale),
                                .residual_shift = data_or_null(value.residual_shift),
                                .y = y.data,
                                .packs = 0,
                                .packs_per_pixel = 0,
                                .relu = value.relu};
  if (fits_wide<T>(channels, args.raw, args.residual, args.y, args.scale, args.shift, args.residual_scale,
                   args.residual_shift)) {
    launch_materialize<T, kWideLanes<T>>(context, args, shape);
  } else {
    launch_materialize<T, 1>(context, args, shape);
  }
}

template <class T>
void relu_backward(CudaContext<T>& context, In<CudaContext<T>> dy, In<CudaContext<T>> y, Out<CudaContext<T>> dx) {
  check_relu_backward<CudaContext<T>>(dy, y, dx, dy.shape.n);
  const std::int64_t elements = dy.shape.elements();
  if (elements == 0) return;
  if (fits_wide<T>(elements, dy.data, y.data, dx.data)) {
    launch_relu_backward<T, kWideLanes<T>>(context, dy.data, y.data, dx.data, elements);
  } else {
    launch_relu_backward<T, 1>(context, dy.data, y.data, dx.data, elements);
  }
}

#define KINDLING_INSTANTIATE(T)                                                                     \
  template void materialize(CudaContext<T>&, const Deferred<CudaContext<T>>&, Out<CudaContext<T>>); \
  template void relu_backward(CudaContext<T>&, In<CudaContext<T>>, In<CudaContext<T>>, Out<CudaContext<T>>);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
