#include "kernels/cuda/cast.h"

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

template <class T>
void round_parameters(CudaContext<T>& context, ConstParams<CudaContext<T>> from, View<DeviceSpace, T> to) {
  const OpCheck check("round_parameters");
  check.size("to", to, from.size());
  cast(from.data(), to.data(), from.size(), context.stream());
}

template void cast(const bfloat16*, float*, std::int64_t, cudaStream_t);
template void cast(const float*, bfloat16*, std::int64_t, cudaStream_t);
template void round_parameters(CudaContext<bfloat16>&, View<DeviceSpace, const float>, View<DeviceSpace, bfloat16>);

}  // namespace kindling
