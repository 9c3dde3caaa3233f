#include "kernels/cuda/conv2d_implicit_gemm.h"

#include "kernels/cuda/conv2d_operands.h"

namespace kindling {
namespace {

// y [N P Q][K] = x [N P Q][R S C] w' [R S C][K]
template <class T>
__global__ void __launch_bounds__(kTileThreads) forward_kernel(ForwardInput<T> x, ForwardFilter<T> w, T* y) {
  const ConvExtents& e = x.e;
  const ThreadTile tile = multiply_tile(x, w, 0, e.r * e.r * e.c);
  const int pixels = e.n * e.p * e.q;
  KINDLING_UNROLL
  for (int i = 0; i < kThreadSide; ++i) {
    KINDLING_UNROLL
    for (int j = 0; j < kThreadSide; ++j) {
      if (tile.row + i >= pixels || tile.column + j >= e.k) continue;
      y[(tile.row + i) * e.k + tile.column + j] = static_cast<T>(tile.sum[i][j]);
    }
  }
}

// dx [N H W][C] = dy [N H W][R S K] w' [R S K][C]
template <class T>
__global__ void __launch_bounds__(kTileThreads)
    dgrad_kernel(DgradOutput<T> dy, DgradFilter<T> w, T* dx, Accumulate accumulate) {
  const ConvExtents& e = dy.e;
  const ThreadTile tile = multiply_tile(dy, w, 0, e.r * e.r * e.k);
  const int pixels = e.n * e.h * e.w;
  KINDLING_UNROLL
  for (int i = 0; i < kThreadSide; ++i) {
    KINDLING_UNROLL
    for (int j = 0; j < kThreadSide; ++j) {
      if (tile.row + i >= pixels || tile.column + j >= e.c) continue;
      T& place = dx[(tile.row + i) * e.c + tile.column + j];
      const float before = accumulate == Accumulate::kAdd ? static_cast<float>(place) : 0.0F;
      place = static_cast<T>(before + tile.sum[i][j]);
    }
  }
}

// Slice z of dw [K][R S C] = dy' [K][N P Q] x [N P Q][R S C]: the sum over its images, to partial [slice][K R S C].
template <class T>
__global__ void __launch_bounds__(kTileThreads)
    wgrad_kernel(WgradOutput<T> dy, WgradInput<T> x, int images_per_slice, float* partial) {
  const ConvExtents& e = x.e;
  const int pixels_per_slice = images_per_slice * e.p * e.q;
  const int begin = static_cast<int>(blockIdx.z) * pixels_per_slice;
  dy.end = min(begin + pixels_per_slice, e.n * e.p * e.q);
  const ThreadTile tile = multiply_tile(dy, x, begin, dy.end);
  const std::int64_t columns = std::int64_t{e.r} * e.r * e.c;
  float* const out = partial + std::int64_t{blockIdx.z} * e.k * columns;
  KINDLING_UNROLL
  for (int i = 0; i < kThreadSide; ++i) {
    KINDLING_UNROLL
    for (int j = 0; j < kThreadSide; ++j) {
      if (tile.row + i >= e.k || tile.column + j >= columns) continue;
      out[(tile.row + i) * columns + tile.column + j] = tile.sum[i][j];
    }
  }
}

// The second stage: slices added in order.
__global__ void add_slices_kernel(const float* partial, unsigned slices, float* dw, unsigned elements) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= elements) return;
  float sum = 0;
  for (unsigned slice = 0; slice < slices; ++slice) sum += partial[std::int64_t{slice} * elements + i];
  dw[i] = sum;
}

// Into how many runs of images wgrad is cut: enough blocks to fill a large GPU (two for each of an H100's 132
// processors), as far as the workspace goes. A function of shape and workspace alone, as are the bits.
std::int64_t wgrad_slices(const Conv2dShape& shape, std::size_t workspace_bytes) {
  const dim3 tiles = tile_grid(shape.k, shape.filter_elements() / shape.k);
  const std::int64_t wanted = std::int64_t{264} / (std::int64_t{tiles.x} * tiles.y);
  const auto room = static_cast<std::int64_t>(workspace_bytes / sizeof(float)) / shape.filter_elements();
  return std::clamp<std::int64_t>(std::min(wanted, room), 1, shape.n);
}

}  // namespace

template <class T>
void implicit_gemm_forward(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* w, T* y) {
  const ConvExtents e(shape, x.shape.c);
  launch(forward_kernel<T>, tile_grid(shape.y_shape().pixels(), shape.k), dim3(kTileThreads), 0, context.stream(),
         ForwardInput<T>{.x = x.data, .e = e}, ForwardFilter<T>{.w = w, .e = e}, y);
}

template <class T>
void implicit_gemm_dgrad(CudaContext<T>& context, const Conv2dShape& shape, const T* dy, const T* w, T* dx,
                         Accumulate accumulate) {
  const ConvExtents e(shape, shape.c);
  launch(dgrad_kernel<T>, tile_grid(shape.x_shape().pixels(), shape.c), dim3(kTileThreads), 0, context.stream(),
         DgradOutput<T>{.dy = dy, .e = e}, DgradFilter<T>{.w = w, .e = e}, dx, accumulate);
}

template <class T>
void implicit_gemm_wgrad(CudaContext<T>& context, const Conv2dShape& shape, In<CudaContext<T>> x, const T* dy,
                         float* dw) {
  const ConvExtents e(shape, x.shape.c);
  const std::int64_t elements = shape.filter_elements();
  const std::int64_t wanted = wgrad_slices(shape, context.workspace_bytes());
  const std::int64_t images_per_slice = (shape.n + wanted - 1) / wanted;
  const std::int64_t slices = (shape.n + images_per_slice - 1) / images_per_slice;
  float* partial = dw;
  if (slices > 1) {
    partial = reinterpret_cast<float*>(context.workspace(static_cast<std::size_t>(slices * elements) * sizeof(float)));
  }
  launch(wgrad_kernel<T>, tile_grid(shape.k, elements / shape.k, slices), dim3(kTileThreads), 0, context.stream(),
         WgradOutput<T>{.dy = dy, .e = e, .end = 0}, WgradInput<T>{.x = x.data, .e = e}, images_per_slice, partial);
  if (slices == 1) return;
  launch(add_slices_kernel, grid_for(elements), dim3(kBlockThreads), 0, context.stream(), partial, slices, dw,
         elements);
}

#define KINDLING_INSTANTIATE(T)                                                                               \
  template void implicit_gemm_forward(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, const T*, T*); \
  template void implicit_gemm_dgrad(CudaContext<T>&, const Conv2dShape&, const T*, const T*, T*, Accumulate); \
  template void implicit_gemm_wgrad(CudaContext<T>&, const Conv2dShape&, In<CudaContext<T>>, const T*, float*);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
