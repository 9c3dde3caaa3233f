#include "kernels/optimizer_step.h"

#include <cstring>

#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/pack.h"
#include "kernels/optimizer_update.h"

namespace kindling {
namespace {

// Room for an update in shared memory, which constructs nothing.
template <class Update>
struct alignas(Update) UpdateStorage {
  unsigned char bytes[sizeof(Update)];
};

// update(p, g, moments...) for the elements of the i-th packs.
template <int kLanes, class Update, class... Moments>
__device__ void update_pack(const Update& update, std::int64_t i, float* params, const float* grads,
                            Moments*... moments) {
  Pack<float, kLanes> p = load_pack<kLanes>(params, i);
  const Pack<float, kLanes> g = load_pack<kLanes>(grads, i);
  const auto with_moments = [&](auto... loaded) {
    KINDLING_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) update(p.lane[lane], g.lane[lane], loaded.lane[lane]...);
    store_pack<kLanes>(params, i, p);
    (store_pack<kLanes>(moments, i, loaded), ...);
  };
  with_moments(load_pack<kLanes>(moments, i)...);
}

// One pass over everything: a thread takes one pack of 16 bytes of each array, and the first threads of the grid what
// is left over after the packs. What depends on the step alone (powers of betas, in double) is made once per block.
template <class Update, int kLanes, class Args, class... Moments>
__global__ void update_kernel(Args args, const StepScalars* scalars, float* params, const float* grads,
                              std::int64_t count, Moments*... moments) {
  KINDLING_SHARED(UpdateStorage<Update>, storage, 1);
  if (threadIdx.x == 0) {
    const Update made(args, *scalars);
    memcpy(storage[0].bytes, &made, sizeof(made));
  }
  __syncthreads();
  const Update update = *reinterpret_cast<const Update*>(storage[0].bytes);
  const std::int64_t i = std::int64_t{blockIdx.x} * kBlockThreads + threadIdx.x;
  const std::int64_t packs = count / kLanes;
  if (i < packs) update_pack<kLanes>(update, i, params, grads, moments...);
  const std::int64_t left = packs * kLanes + i;
  if (kLanes > 1 && left < count) update_pack<1>(update, left, params, grads, moments...);
}

// By value: a copy from the host's memory would have to wait until the stream has got there.
__global__ void set_scalars_kernel(StepScalars* to, StepScalars scalars) {
  *to = scalars;
}

template <class Update, class T, class Args, class... Moments>
void update_all(CudaContext<T>& context, const Args& args, const Moments&... moments) {
  check_step(args);
  const std::int64_t count = args.params.size();
  if (count == 0) return;
  const bool wide = fits_wide<float>(0, args.params.data(), args.grads.data(), moments.data()...);
  const auto run = [&](auto kernel, std::int64_t threads) {
    launch(kernel, grid_for(threads), dim3(kBlockThreads), 0, context.stream(), args, args.scalars.data(),
           args.params.data(), args.grads.data(), count, moments.data()...);
  };
  if (wide) {
    run(update_kernel<Update, 4, Args, std::remove_pointer_t<decltype(moments.data())>...>, (count + 3) / 4);
  } else {
    run(update_kernel<Update, 1, Args, std::remove_pointer_t<decltype(moments.data())>...>, count);
  }
}

}  // namespace

template <class T>
void set_step_scalars(CudaContext<T>& context, const StepScalars& scalars, View<DeviceSpace, StepScalars> to) {
  launch(set_scalars_kernel, dim3(1), dim3(1), 0, context.stream(), to.data(), scalars);
}

template <class T>
void sgd_step(CudaContext<T>& context, const SgdStep<CudaContext<T>>& args) {
  if (args.momentum != 0) {
    update_all<MomentumUpdate<float>>(context, args, args.momentum_buffer);
  } else {
    update_all<SgdUpdate<float>>(context, args);
  }
}

template <class T>
void adagrad_step(CudaContext<T>& context, const AdagradStep<CudaContext<T>>& args) {
  update_all<AdagradUpdate<float>>(context, args, args.sum_of_squares);
}

template <class T>
void adadelta_step(CudaContext<T>& context, const AdadeltaStep<CudaContext<T>>& args) {
  update_all<AdadeltaUpdate<float>>(context, args, args.square_average, args.accumulate_delta);
}

template <class T>
void adam_step(CudaContext<T>& context, const AdamStep<CudaContext<T>>& args) {
  update_all<AdamUpdate<float>>(context, args, args.first_moment, args.second_moment);
}

#define KINDLING_INSTANTIATE(T)                                                                        \
  template void set_step_scalars(CudaContext<T>&, const StepScalars&, View<DeviceSpace, StepScalars>); \
  template void sgd_step(CudaContext<T>&, const SgdStep<CudaContext<T>>&);                             \
  template void adagrad_step(CudaContext<T>&, const AdagradStep<CudaContext<T>>&);                     \
  template void adadelta_step(CudaContext<T>&, const AdadeltaStep<CudaContext<T>>&);                   \
  template void adam_step(CudaContext<T>&, const AdamStep<CudaContext<T>>&);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
