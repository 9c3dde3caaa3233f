#include "kernels/optimizer_step.h"

#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/optimizer_update.h"

namespace kindling {
namespace {

// Elements of one piece of work: 64 KiB of each stream, so that pieces are long for the prefetcher and many enough to
// balance. Every element is on its own, so the result doesn't depend on who computes it.
constexpr std::int64_t kChunk = 16384;

// One chunk, in locals that alias nothing as far as the compiler is concerned: it becomes one pass of vector code.
template <class Update, class T, class... Moments>
void update_chunk(const Update& update, std::int64_t count, T* p, const T* g, Moments*... moments) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) update(p[i], g[i], moments[i]...);
}

// Memory-bound: the floor is the bytes of one read of everything and one write of params and moments.
template <class Update, class T, class Args, class... Moments>
void update_all(const CpuContext<T>& context, const Args& args, const Moments&... moments) {
  check_step(args);
  const Update update(args, args.scalars[0]);
  const Tiles chunks{args.params.size(), kChunk};
  parallel_for(context.threads(), chunks.count(), [&](std::int64_t chunk, int /*thread*/) {
    const std::int64_t begin = chunks.begin(chunk);
    update_chunk(update, chunks.length(chunk), args.params.data() + begin, args.grads.data() + begin,
                 moments.data() + begin...);
  });
}

}  // namespace

template <class T>
void sgd_step(CpuContext<T>& context, const SgdStep<CpuContext<T>>& args) {
  if (args.momentum != 0) {
    update_all<MomentumUpdate<float>>(context, args, args.momentum_buffer);
  } else {
    update_all<SgdUpdate<float>>(context, args);
  }
}

template <class T>
void adagrad_step(CpuContext<T>& context, const AdagradStep<CpuContext<T>>& args) {
  update_all<AdagradUpdate<float>>(context, args, args.sum_of_squares);
}

template <class T>
void adadelta_step(CpuContext<T>& context, const AdadeltaStep<CpuContext<T>>& args) {
  update_all<AdadeltaUpdate<float>>(context, args, args.square_average, args.accumulate_delta);
}

template <class T>
void adam_step(CpuContext<T>& context, const AdamStep<CpuContext<T>>& args) {
  update_all<AdamUpdate<float>>(context, args, args.first_moment, args.second_moment);
}

template void sgd_step(CpuContext<float>&, const SgdStep<CpuContext<float>>&);
template void adagrad_step(CpuContext<float>&, const AdagradStep<CpuContext<float>>&);
template void adadelta_step(CpuContext<float>&, const AdadeltaStep<CpuContext<float>>&);
template void adam_step(CpuContext<float>&, const AdamStep<CpuContext<float>>&);
template void sgd_step(CpuContext<bfloat16>&, const SgdStep<CpuContext<bfloat16>>&);
template void adagrad_step(CpuContext<bfloat16>&, const AdagradStep<CpuContext<bfloat16>>&);
template void adadelta_step(CpuContext<bfloat16>&, const AdadeltaStep<CpuContext<bfloat16>>&);
template void adam_step(CpuContext<bfloat16>&, const AdamStep<CpuContext<bfloat16>>&);

}  // namespace kindling
