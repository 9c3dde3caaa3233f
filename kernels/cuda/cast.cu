#include "kernels/cuda/cast.h"

#include <type_traits>

#include "kernels/core/check.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"
#include "kernels/round_parameters.h"

namespace kindling {
namespace {

template <class From, class To, int kLanes>
__global__ void cast_kernel(const From* from, To* to, unsigned packs) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= packs) return;
  Pack<float, kLanes> values;
  if constexpr (sizeof(From) == sizeof(float)) {
    values = load_floats<kLanes>(from, i);
  } else {
    values = load_as_floats<kLanes>(from, i);
  }
  if constexpr (sizeof(To) == sizeof(float)) {
    store_floats<kLanes>(to, i, values);
  } else {
    store_rounded<kLanes>(to, i, values);
  }
}

template <class From, class To>
__global__ void cast_channels_kernel(const From* from, unsigned from_channels, To* to, unsigned to_channels,
                                     unsigned elements) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i >= elements) return;
  const unsigned row = i / to_channels;
  const unsigned channel = i % to_channels;
  to[i] = static_cast<To>(channel < from_channels ? static_cast<float>(from[row * from_channels + channel]) : 0.0F);
}

}  // namespace

template <class From, class To>
void cast(const From* from, To* to, std::int64_t elements, cudaStream_t stream) {
  constexpr int kLanes = kWideLanes<bfloat16>;
  if (elements == 0) return;
  if (fits_wide<bfloat16>(elements, from, to)) {
    launch(cast_kernel<From, To, kLanes>, grid_for(elements / kLanes), dim3(kBlockThreads), 0, stream, from, to,
           elements / kLanes);
  } else {
    launch(cast_kernel<From, To, 1>, grid_for(elements), dim3(kBlockThreads), 0, stream, from, to, elements);
  }
}

template <class From, class To>
void cast_channels(const From* from, std::int64_t from_channels, To* to, std::int64_t to_channels, std::int64_t rows,
                   cudaStream_t stream) {
  if constexpr (!std::is_same_v<From, To>) {
    if (from_channels == to_channels) return cast(from, to, rows * to_channels, stream);
  }
  const std::int64_t elements = rows * to_channels;
  require(rows * from_channels < std::int64_t{1} << 32U, "an array is too large to cast its channels");
  launch(cast_channels_kernel<From, To>, grid_for(elements), dim3(kBlockThreads), 0, stream, from, from_channels, to,
         to_channels, elements);
}

template <class T>
void round_parameters(CudaContext<T>& context, ConstParams<CudaContext<T>> from, View<DeviceSpace, T> to) {
  const OpCheck check("round_parameters");
  check.size("to", to, from.size());
  cast(from.data(), to.data(), from.size(), context.stream());
}

template void cast(const bfloat16*, float*, std::int64_t, cudaStream_t);
template void cast(const float*, bfloat16*, std::int64_t, cudaStream_t);
template void cast_channels(const float*, std::int64_t, float*, std::int64_t, std::int64_t, cudaStream_t);
template void cast_channels(const bfloat16*, std::int64_t, bfloat16*, std::int64_t, std::int64_t, cudaStream_t);
template void cast_channels(const bfloat16*, std::int64_t, float*, std::int64_t, std::int64_t, cudaStream_t);
template void round_parameters(CudaContext<bfloat16>&, View<DeviceSpace, const float>, View<DeviceSpace, bfloat16>);

}  // namespace kindling
