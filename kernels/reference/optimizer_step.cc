#include "kernels/optimizer_step.h"

#include "kernels/optimizer_update.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

template <class Update, class Args, class... Moments>
void update_all(const Args& args, const Moments&... moments) {
  check_step(args);
  const Update update(args, args.scalars[0]);
  for (std::int64_t i = 0; i < args.params.size(); ++i) update(args.params[i], args.grads[i], moments[i]...);
}

}  // namespace

template <class T>
void sgd_step(ReferenceContext<T>& /*context*/, const SgdStep<ReferenceContext<T>>& args) {
  if (args.momentum != 0) {
    update_all<MomentumUpdate<T>>(args, args.momentum_buffer);
  } else {
    update_all<SgdUpdate<T>>(args);
  }
}

template <class T>
void adagrad_step(ReferenceContext<T>& /*context*/, const AdagradStep<ReferenceContext<T>>& args) {
  update_all<AdagradUpdate<T>>(args, args.sum_of_squares);
}

template <class T>
void adadelta_step(ReferenceContext<T>& /*context*/, const AdadeltaStep<ReferenceContext<T>>& args) {
  update_all<AdadeltaUpdate<T>>(args, args.square_average, args.accumulate_delta);
}

template <class T>
void adam_step(ReferenceContext<T>& /*context*/, const AdamStep<ReferenceContext<T>>& args) {
  update_all<AdamUpdate<T>>(args, args.first_moment, args.second_moment);
}

template void sgd_step(ReferenceContext<float>&, const SgdStep<ReferenceContext<float>>&);
template void sgd_step(ReferenceContext<double>&, const SgdStep<ReferenceContext<double>>&);
template void adagrad_step(ReferenceContext<float>&, const AdagradStep<ReferenceContext<float>>&);
template void adagrad_step(ReferenceContext<double>&, const AdagradStep<ReferenceContext<double>>&);
template void adadelta_step(ReferenceContext<float>&, const AdadeltaStep<ReferenceContext<float>>&);
template void adadelta_step(ReferenceContext<double>&, const AdadeltaStep<ReferenceContext<double>>&);
template void adam_step(ReferenceContext<float>&, const AdamStep<ReferenceContext<float>>&);
template void adam_step(ReferenceContext<double>&, const AdamStep<ReferenceContext<double>>&);

}  // namespace kindling
