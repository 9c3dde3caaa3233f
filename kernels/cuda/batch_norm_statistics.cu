#include "kernels/batch_norm.h"
#include "kernels/batch_norm_checks.h"
#include "kernels/cuda/batch_norm_sums.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {
namespace {

// What the statistics of a channel turn into. Pointers to C values; saved_* and running_* as in BatchNormStatistics.
struct ChannelArgs {
  const float* gamma;
  const float* beta;
  double eps;
  double momentum;
  float* running_mean;
  float* running_var;
  float* saved_mean;
  float* saved_inv_std;
  float* scale;
  float* shift;
};

// Stage 1: sum x and sum x^2. A thread sums deviations from the first value that it sees, in fp32, where squares of x
// itself would cancel; what they say about x and x^2 it works out in double, whose 53 bits leave enough of the variance
// for any mean that fp32 inputs can resolve.
template <class T, int kLanes>
__global__ void moments_kernel(const T* x, unsigned rows, unsigned packs, unsigned rows_per_tile, double* partial) {
  const unsigned pack = blockIdx.x * blockDim.x + threadIdx.x;
  const ThreadRows mine(rows, rows_per_tile);
  double sums[2 * kLanes] = {};
  if (pack < packs && mine.begin < mine.end) {
    const Pack<float, kLanes> pivot = load_as_floats<kLanes>(x, std::int64_t{mine.begin} * packs + pack);
    float deviation[kLanes] = {};
    float square[kLanes] = {};
    int count = 0;
    for (unsigned row = mine.begin; row < mine.end; row += blockDim.y, ++count) {
      const Pack<float, kLanes> values = load_as_floats<kLanes>(x, std::int64_t{row} * packs + pack);
      KINDLING_UNROLL
      for (int lane = 0; lane < kLanes; ++lane) {
        const float d = values.lane[lane] - pivot.lane[lane];
        deviation[lane] += d;
        square[lane] += d * d;
      }
    }
    KINDLING_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) {
      const double p = pivot.lane[lane];
      const double d = deviation[lane];
      sums[lane] = count * p + d;
      sums[kLanes + lane] = square[lane] + 2 * p * d + count * p * p;
    }
  }
  store_partial_sums<kLanes>(sums, partial, pack, packs);
}

__device__ void store_scale_and_shift(const ChannelArgs& args, unsigned c, double mean, double inv_std) {
  args.scale[c] = static_cast<float>(args.gamma[c] * inv_std);
  // From the rounded scale, so that scale's error is not multiplied by a large mean.
  args.shift[c] = static_cast<float>(args.beta[c] - mean * double{args.scale[c]});
}

// Stage 2: one thread of y = 0 for a channel.
__global__ void statistics_kernel(const double* partial, unsigned tiles, unsigned channels, double count,
                                  ChannelArgs args) {
  const unsigned c = blockIdx.x * blockDim.x + threadIdx.x;
  double sums[2] = {};
  if (!add_partial_sums(partial, tiles, channels, c, sums)) return;
  const double mean = sums[0] / count;
  const double m2 = max(sums[1] - sums[0] * mean, 0.0);  // sum of squared deviations
  const double inv_std = 1.0 / sqrt(m2 / count + args.eps);
  args.saved_mean[c] = static_cast<float>(mean);
  args.saved_inv_std[c] = static_cast<float>(inv_std);
  args.running_mean[c] = static_cast<float>((1 - args.momentum) * args.running_mean[c] + args.momentum * mean);
  args.running_var[c] =
      static_cast<float>((1 - args.momentum) * args.running_var[c] + args.momentum * m2 / (count - 1));
  store_scale_and_shift(args, c, mean, inv_std);
}

__global__ void inference_kernel(unsigned channels, ChannelArgs args) {
  const unsigned c = blockIdx.x * kBlockThreads + threadIdx.x;
  if (c >= channels) return;
  store_scale_and_shift(args, c, args.running_mean[c], 1.0 / sqrt(double{args.running_var[c]} + args.eps));
}

template <class T, int kLanes>
void launch_statistics(CudaContext<T>& context, In<CudaContext<T>> x, const ChannelArgs& args) {
  const std::int64_t channels = x.shape.c;
  const RowBlocks first = first_stage<kLanes>(x.shape);
  const RowBlocks second = second_stage(first, channels);
  auto* partial = reinterpret_cast<double*>(context.workspace(partial_bytes(first, channels)));
  launch(moments_kernel<T, kLanes>, first.grid(), first.block(), 0, context.stream(), x.data, x.shape.pixels(),
         channels / kLanes, first.rows_per_tile, partial);
  launch(statistics_kernel, second.grid(), second.block(), 0, context.stream(), partial, first.tiles, channels,
         x.shape.pixels(), args);
}

}  // namespace

template <class T>
void batch_norm_statistics(CudaContext<T>& context, const BatchNormStatistics<CudaContext<T>>& args) {
  const Shape4& shape = args.x.shape;
  const std::int64_t channels = shape.c;
  check_arguments(args, shape.n);
  const ChannelArgs pointers{.gamma = args.gamma.data(),
                             .beta = args.beta.data(),
                             .eps = args.eps,
                             .momentum = args.momentum,
                             .running_mean = args.running_mean.data(),
                             .running_var = args.running_var.data(),
                             .saved_mean = args.saved_mean.data(),
                             .saved_inv_std = args.saved_inv_std.data(),
                             .scale = args.scale.data(),
                             .shift = args.shift.data()};
  if (fits_wide<T>(channels, args.x.data)) {
    launch_statistics<T, kWideLanes<T>>(context, args.x, pointers);
  } else {
    launch_statistics<T, 1>(context, args.x, pointers);
  }
}

template <class T>
void batch_norm_inference(CudaContext<T>& context, const BatchNormInference<CudaContext<T>>& args) {
  const std::int64_t channels = args.gamma.size();
  check_arguments(args);
  if (channels == 0) return;
  // The kernel reads the running statistics that training updates.
  const ChannelArgs pointers{.gamma = args.gamma.data(),
                             .beta = args.beta.data(),
                             .eps = args.eps,
                             .momentum = 0,
                             .running_mean = const_cast<float*>(args.running_mean.data()),
                             .running_var = const_cast<float*>(args.running_var.data()),
                             .saved_mean = nullptr,
                             .saved_inv_std = nullptr,
                             .scale = args.scale.data(),
                             .shift = args.shift.data()};
  launch(inference_kernel, grid_for(channels), dim3(kBlockThreads), 0, context.stream(), channels, pointers);
}

#define KINDLING_INSTANTIATE(T)                                                                     \
  template void batch_norm_statistics(CudaContext<T>&, const BatchNormStatistics<CudaContext<T>>&); \
  template void batch_norm_inference(CudaContext<T>&, const BatchNormInference<CudaContext<T>>&);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
