#include "kernels/batch_norm.h"
#include "kernels/batch_norm_checks.h"
#include "kernels/cuda/batch_norm_sums.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {
namespace {

// Arguments of BatchNormBackward as pointers; y and dresidual may be null.
template <class T>
struct BackwardArgs {
  const T* dy;
  const T* y;
  const T* x;
  const float* gamma;
  const float* mean;
  const float* inv_std;
  float* dgamma;
  float* dbeta;
  T* dx;
  T* dresidual;
};

// dx = a dz + b + k (x - mean), [C] each, in the workspace.
struct Coefficients {
  float* a;
  float* b;
  float* k;
};

// dz: the gradient behind the ReLU.
template <class T, int kLanes>
__device__ Pack<float, kLanes> load_dz(const BackwardArgs<T>& args, std::int64_t i) {
  Pack<float, kLanes> dz = load_as_floats<kLanes>(args.dy, i);
  if (args.y == nullptr) return dz;
  const Pack<float, kLanes> y = load_as_floats<kLanes>(args.y, i);
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    if (!(y.lane[lane] > 0)) dz.lane[lane] = 0;
  }
  return dz;
}

// Stage 1: sum dz and sum dz xhat.
template <class T, int kLanes>
__global__ void backward_sums_kernel(BackwardArgs<T> args, unsigned rows, unsigned packs, unsigned rows_per_tile,
                                     double* partial) {
  const unsigned pack = blockIdx.x * blockDim.x + threadIdx.x;
  const ThreadRows mine(rows, rows_per_tile);
  float dbeta[kLanes] = {};
  float dgamma[kLanes] = {};
  if (pack < packs) {
    const Pack<float, kLanes> mean = load_floats<kLanes>(args.mean, pack);
    const Pack<float, kLanes> inv_std = load_floats<kLanes>(args.inv_std, pack);
    for (unsigned row = mine.begin; row < mine.end; row += blockDim.y) {
      const std::int64_t i = std::int64_t{row} * packs + pack;
      const Pack<float, kLanes> dz = load_dz<T, kLanes>(args, i);
      const Pack<float, kLanes> x = load_as_floats<kLanes>(args.x, i);
      KINDLING_UNROLL
      for (int lane = 0; lane < kLanes; ++lane) {
        dbeta[lane] += dz.lane[lane];
        dgamma[lane] += dz.lane[lane] * ((x.lane[lane] - mean.lane[lane]) * inv_std.lane[lane]);
      }
    }
  }
  double sums[2 * kLanes];
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    sums[lane] = dbeta[lane];
    sums[kLanes + lane] = dgamma[lane];
  }
  store_partial_sums<kLanes>(sums, partial, pack, packs);
}

// Stage 2: one thread of y = 0 for a channel.
template <class T>
__global__ void coefficients_kernel(const double* partial, unsigned tiles, unsigned channels, double count,
                                    BackwardArgs<T> args, Coefficients out) {
  const unsigned c = blockIdx.x * blockDim.x + threadIdx.x;
  double sums[2] = {};
  if (!add_partial_sums(partial, tiles, channels, c, sums)) return;
  const double inv_std = args.inv_std[c];
  const double a = args.gamma[c] * inv_std;
  out.a[c] = static_cast<float>(a);
  out.b[c] = static_cast<float>(-a * sums[0] / count);
  out.k[c] = static_cast<float>(-a * inv_std * sums[1] / count);
  args.dbeta[c] = static_cast<float>(sums[0]);
  args.dgamma[c] = static_cast<float>(sums[1]);
}

// One thread, one pack; dx or dresidual may be dy's memory, which is read before.
template <class T, int kLanes>
__global__ void backward_apply_kernel(BackwardArgs<T> args, Coefficients in, unsigned packs, unsigned packs_per_pixel) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= packs) return;
  const unsigned c = i % packs_per_pixel;
  const Pack<float, kLanes> dz = load_dz<T, kLanes>(args, i);
  const Pack<float, kLanes> x = load_as_floats<kLanes>(args.x, i);
  const Pack<float, kLanes> mean = load_floats<kLanes>(args.mean, c);
  const Pack<float, kLanes> a = load_floats<kLanes>(in.a, c);
  const Pack<float, kLanes> b = load_floats<kLanes>(in.b, c);
  const Pack<float, kLanes> k = load_floats<kLanes>(in.k, c);
  Pack<float, kLanes> dx;
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) {
    dx.lane[lane] = a.lane[lane] * dz.lane[lane] + b.lane[lane] + k.lane[lane] * (x.lane[lane] - mean.lane[lane]);
  }
  if (args.dresidual != nullptr) store_rounded<kLanes>(args.dresidual, i, dz);
  store_rounded<kLanes>(args.dx, i, dx);
}

template <class T, int kLanes>
void launch_backward(CudaContext<T>& context, const BackwardArgs<T>& args, const Shape4& shape) {
  const std::int64_t channels = shape.c;
  const std::int64_t packs = shape.elements() / kLanes;
  const RowBlocks first = first_stage<kLanes>(shape);
  const RowBlocks second = second_stage(first, channels);
  // The coefficients lie at multiples of 16 bytes, in front of the partial sums.
  const std::int64_t padded = (channels + 3) / 4 * 4;
  auto* a = reinterpret_cast<float*>(
      context.workspace(partial_bytes(first, channels) + static_cast<std::size_t>(3 * padded) * sizeof(float)));
  const Coefficients coefficients{.a = a, .b = a + padded, .k = a + 2 * padded};
  auto* partial = reinterpret_cast<double*>(a + 3 * padded);
  launch(backward_sums_kernel<T, kLanes>, first.grid(), first.block(), 0, context.stream(), args, shape.pixels(),
         channels / kLanes, first.rows_per_tile, partial);
  launch(coefficients_kernel<T>, second.grid(), second.block(), 0, context.stream(), partial, first.tiles, channels,
         shape.pixels(), args, coefficients);
  launch(backward_apply_kernel<T, kLanes>, grid_for(packs), dim3(kBlockThreads), 0, context.stream(), args,
         coefficients, packs, channels / kLanes);
}

}  // namespace

template <class T>
void batch_norm_backward(CudaContext<T>& context, const BatchNormBackward<CudaContext<T>>& args) {
  const Shape4& shape = args.dy.shape;
  const std::int64_t channels = shape.c;
  check_arguments(args, shape.n);
  if (shape.elements() == 0) return;
  const BackwardArgs<T> pointers{.dy = args.dy.data,
                                 .y = args.y.data,
                                 .x = args.x.data,
                                 .gamma = args.gamma.data(),
                                 .mean = args.saved_mean.data(),
                                 .inv_std = args.saved_inv_std.data(),
                                 .dgamma = args.dgamma.data(),
                                 .dbeta = args.dbeta.data(),
                                 .dx = args.dx.data,
                                 .dresidual = args.dresidual.data};
  if (fits_wide<T>(channels, pointers.dy, pointers.y, pointers.x, pointers.mean, pointers.inv_std, pointers.dx,
                   pointers.dresidual)) {
    launch_backward<T, kWideLanes<T>>(context, pointers, shape);
  } else {
    launch_backward<T, 1>(context, pointers, shape);
  }
}

template void batch_norm_backward(CudaContext<float>&, const BatchNormBackward<CudaContext<float>>&);
template void batch_norm_backward(CudaContext<bfloat16>&, const BatchNormBackward<CudaContext<bfloat16>>&);

}  // namespace kindling
