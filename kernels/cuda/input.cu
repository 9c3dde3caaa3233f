#include "kernels/input.h"

#include "kernels/core/batch.h"
#include "kernels/core/check.h"
#include "kernels/cuda/conv2d_cudnn.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/device_language.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"

namespace kindling {
namespace {

template <class T, int kLanes>
__global__ void convert_kernel(const float* from, T* to, unsigned packs) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= packs) return;
  store_rounded<kLanes>(to, i, load_floats<kLanes>(from, i));
}

template <class T, int kLanes>
void launch_convert(CudaContext<T>& context, const float* from, T* to, std::int64_t elements) {
  const std::int64_t packs = elements / kLanes;
  launch(convert_kernel<T, kLanes>, grid_for(packs), dim3(kBlockThreads), 0, context.stream(), from, to, packs);
}

// One thread a pixel: its channels, and zeros up to kPaddedChannels.
constexpr int kPaddedChannels = static_cast<int>(padded_channels(kImageChannels, ConvPrecision::kBf16));

template <class T>
__global__ void pad_kernel(const float* from, T* to, unsigned pixels) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= pixels) return;
  Pack<float, kPaddedChannels> values{};
  KINDLING_UNROLL
  for (int c = 0; c < kImageChannels; ++c) values.lane[c] = from[std::int64_t{i} * kImageChannels + c];
  if constexpr (sizeof(T) == sizeof(float)) {
    store_floats<kPaddedChannels>(to, i, values);
  } else {
    store_rounded<kPaddedChannels>(to, i, values);
  }
}

}  // namespace

template <class T>
std::int64_t input_channels(const CudaContext<T>& context) {
  if (context.conv_algorithm() != ConvAlgorithm::kCudnn) return kImageChannels;
  return padded_channels(kImageChannels, conv_precision(context));
}

template <class T>
void unpack_input(CudaContext<T>& context, View<DeviceSpace, const float> pixels, Out<CudaContext<T>> x) {
  const OpCheck check("unpack_input");
  const bool padded = x.shape.c == kPaddedChannels && x.valid_c == kImageChannels && is_aligned(x.data);
  Out<CudaContext<T>> image = x;
  if (padded) image.shape.c = kImageChannels;
  check.dense("x", image, {x.shape.n, kImageSide, kImageSide, kImageChannels});
  check.size("pixels", pixels, image.shape.elements());
  if (pixels.empty()) return;
  if (padded) {
    launch(pad_kernel<T>, grid_for(x.shape.pixels()), dim3(kBlockThreads), 0, context.stream(), pixels.data(), x.data,
           x.shape.pixels());
    return;
  }
  if (fits_wide<T>(pixels.size(), pixels.data(), x.data)) {
    launch_convert<T, kWideLanes<T>>(context, pixels.data(), x.data, pixels.size());
  } else {
    launch_convert<T, 1>(context, pixels.data(), x.data, pixels.size());
  }
}

template std::int64_t input_channels(const CudaContext<float>&);
template std::int64_t input_channels(const CudaContext<bfloat16>&);
template void unpack_input(CudaContext<float>&, View<DeviceSpace, const float>, Out<CudaContext<float>>);
template void unpack_input(CudaContext<bfloat16>&, View<DeviceSpace, const float>, Out<CudaContext<bfloat16>>);

}  // namespace kindling
