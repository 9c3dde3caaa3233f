#include "kernels/input.h"

#include "kernels/core/batch.h"
#include "kernels/core/check.h"
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

}  // namespace

template <class T>
void unpack_input(CudaContext<T>& context, View<DeviceSpace, const float> pixels, Out<CudaContext<T>> x) {
  const OpCheck check("unpack_input");
  check.dense("x", x, {x.shape.n, kImageSide, kImageSide, kImageChannels});
  check.size("pixels", pixels, x.shape.elements());
  if (pixels.empty()) return;
  if (fits_wide<T>(pixels.size(), pixels.data(), x.data)) {
    launch_convert<T, kWideLanes<T>>(context, pixels.data(), x.data, pixels.size());
  } else {
    launch_convert<T, 1>(context, pixels.data(), x.data, pixels.size());
  }
}

template void unpack_input(CudaContext<float>&, View<DeviceSpace, const float>, Out<CudaContext<float>>);
template void unpack_input(CudaContext<bfloat16>&, View<DeviceSpace, const float>, Out<CudaContext<bfloat16>>);

}  // namespace kindling
