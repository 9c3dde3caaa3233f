#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/optim/hyperparameters.h"
#include "kernels/core/error.h"
#include "kernels/memory.h"
#include "kernels/optimizer_step.h"

namespace kindling {

// A moment of all parameters, under the name that torch.optim gives it in its state.
template <class C>
struct Moment {
  std::string name;
  Params<C> values;
};

// An optimizer over flat parameters and gradients (the arenas of the parameter store). It owns its moments, one zeroed
// flat block each, and the scalars that change from step to step, all in the context's memory:
//
//   sgd, nesterov   momentum_buffer (none when momentum is 0)
//   adagrad         sum
//   adadelta        square_avg, acc_delta
//   adam            exp_avg, exp_avg_sq
//
// Before each step set_scalars says its learning rate and its number t, counted from 1 over the whole training; then
// `step` runs, or the replay of a recording of it. A checkpoint saves moments() and last_step(), and a resumed run
// fills the moments and goes on with t = last_step() + 1. Not thread-safe.
template <class C>
class Optimizer {
 public:
  using T = typename C::param_t;

  // For `elements` parameters, gaps of the arena included. Throws what `allocate` throws.
  Optimizer(C& context, const Hyperparameters& hyperparameters, std::int64_t elements)
      : hyperparameters_(hyperparameters),
        elements_(elements),
        scalars_memory_(allocate(context, sizeof(StepScalars), "optimizer scalars")) {
    for (const char* name : moment_names(hyperparameters)) {
      memory_.push_back(allocate(context, static_cast<std::size_t>(elements) * sizeof(T), name));
      moments_.push_back({name, {as<T>(memory_.back()), elements}});
    }
  }

  const Hyperparameters& hyperparameters() const { return hyperparameters_; }
  std::int64_t last_step() const { return scalars_.step; }  // 0 before the first
  const std::vector<Moment<C>>& moments() const { return moments_; }

  // As it was made: moments zero, no step done.
  void reset(C& context) {
    const std::vector<T> zeros(static_cast<std::size_t>(elements_));
    for (const Moment<C>& moment : moments_) {
      copy_from_host(context, moment.values.data(), zeros.data(), zeros.size() * sizeof(T));
    }
    scalars_ = {};
  }

  // lr and number of the step to come. Never part of a recorded step; runs in the order of ops.
  void set_scalars(C& context, double lr, std::int64_t step) {
    require(step >= 1, "steps of an optimizer count from 1");
    scalars_ = {.lr = lr, .step = step};
    set_step_scalars(context, scalars_, {as<StepScalars>(scalars_memory_), 1});
  }

  // params are updated in place, grads are read; each holds `elements` values.
  void step(C& context, Params<C> params, ConstParams<C> grads) {
    require(params.size() == elements_, "an optimizer was made for another number of parameters");
    switch (hyperparameters_.kind) {
      case OptimizerKind::kSgd:
      case OptimizerKind::kNesterov:
        return sgd(context, params, grads);
      case OptimizerKind::kAdagrad:
        return adagrad(context, params, grads);
      case OptimizerKind::kAdadelta:
        return adadelta(context, params, grads);
      case OptimizerKind::kAdam:
        return adam(context, params, grads);
    }
  }

 private:
  using Memory = decltype(allocate(std::declval<C&>(), std::size_t{}, ""));

  template <class U>
  static U* as(const Memory& memory) {
    return static_cast<U*>(static_cast<void*>(memory.get()));
  }

  static std::vector<const char*> moment_names(const Hyperparameters& hyperparameters) {
    switch (hyperparameters.kind) {
      case OptimizerKind::kSgd:
      case OptimizerKind::kNesterov:
        if (hyperparameters.momentum == 0) return {};
        return {"momentum_buffer"};
      case OptimizerKind::kAdagrad:
        return {"sum"};
      case OptimizerKind::kAdadelta:
        return {"square_avg", "acc_delta"};
      case OptimizerKind::kAdam:
        return {"exp_avg", "exp_avg_sq"};
    }
    throw Error(ErrorCode::kInternal, "internal error: unknown optimizer");
  }

  StepScalarsView<C> scalars() const { return {as<const StepScalars>(scalars_memory_), 1}; }

  void sgd(C& context, Params<C> params, ConstParams<C> grads) {
    sgd_step(context, SgdStep<C>{.params = params,
                                 .grads = grads,
                                 .momentum_buffer = moments_.empty() ? Params<C>() : moments_[0].values,
                                 .scalars = scalars(),
                                 .momentum = hyperparameters_.momentum,
                                 .weight_decay = hyperparameters_.weight_decay,
                                 .nesterov = hyperparameters_.kind == OptimizerKind::kNesterov});
  }

  void adagrad(C& context, Params<C> params, ConstParams<C> grads) {
    adagrad_step(context, AdagradStep<C>{.params = params,
                                         .grads = grads,
                                         .sum_of_squares = moments_[0].values,
                                         .scalars = scalars(),
                                         .lr_decay = hyperparameters_.lr_decay,
                                         .eps = hyperparameters_.eps,
                                         .weight_decay = hyperparameters_.weight_decay});
  }

  void adadelta(C& context, Params<C> params, ConstParams<C> grads) {
    adadelta_step(context, AdadeltaStep<C>{.params = params,
                                           .grads = grads,
                                           .square_average = moments_[0].values,
                                           .accumulate_delta = moments_[1].values,
                                           .scalars = scalars(),
                                           .rho = hyperparameters_.rho,
                                           .eps = hyperparameters_.eps,
                                           .weight_decay = hyperparameters_.weight_decay});
  }

  void adam(C& context, Params<C> params, ConstParams<C> grads) {
    adam_step(context, AdamStep<C>{.params = params,
                                   .grads = grads,
                                   .first_moment = moments_[0].values,
                                   .second_moment = moments_[1].values,
                                   .scalars = scalars(),
                                   .beta1 = hyperparameters_.beta1,
                                   .beta2 = hyperparameters_.beta2,
                                   .eps = hyperparameters_.eps,
                                   .weight_decay = hyperparameters_.weight_decay});
  }

  Hyperparameters hyperparameters_;
  std::int64_t elements_;
  StepScalars scalars_;
  Memory scalars_memory_;
  std::vector<Memory> memory_;
  std::vector<Moment<C>> moments_;
};

}  // namespace kindling
