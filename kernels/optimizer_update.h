#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/core/check.h"
#include "kernels/core/host_device.h"
#include "kernels/optimizer_step.h"

namespace kindling {

// The update of one element, once for all backends; kernels/optimizer_step.h gives the formulas and their sources.
// An update is made from the arguments of a step and the scalars of this step (in double, once a step), and is then
// called for every element with the parameter p, the gradient g and the moments, which it changes in place. Element
// arithmetic is in T = param_t and in torch's order, so that fp32 runs stay as close to torch as rounding allows.
//
// An element whose p, g and moments are 0 stays 0 (eps > 0): the gaps between the tensors of an arena stay zeroed.

// SGD without momentum: there is no buffer.
template <class T>
class SgdUpdate {
 public:
  template <class C>
  KINDLING_HD SgdUpdate(const SgdStep<C>& args, const StepScalars& scalars)
      : lr_(static_cast<T>(scalars.lr)), weight_decay_(static_cast<T>(args.weight_decay)) {}

  KINDLING_HD void operator()(T& p, T g) const { p -= lr_ * (g + weight_decay_ * p); }

 private:
  T lr_;
  T weight_decay_;
};

// SGD with momentum, plain or Nesterov's. lr stays outside the buffer b, so that a new lr acts at once.
template <class T>
class MomentumUpdate {
 public:
  template <class C>
  KINDLING_HD MomentumUpdate(const SgdStep<C>& args, const StepScalars& scalars)
      : lr_(static_cast<T>(scalars.lr)),
        momentum_(static_cast<T>(args.momentum)),
        weight_decay_(static_cast<T>(args.weight_decay)),
        first_(scalars.step == 1),
        nesterov_(args.nesterov) {}

  KINDLING_HD void operator()(T& p, T g, T& b) const {
    g += weight_decay_ * p;
    b = first_ ? g : momentum_ * b + g;
    p -= lr_ * (nesterov_ ? g + momentum_ * b : b);
  }

 private:
  T lr_;
  T momentum_;
  T weight_decay_;
  bool first_;
  bool nesterov_;
};

template <class T>
class AdagradUpdate {
 public:
  template <class C>
  KINDLING_HD AdagradUpdate(const AdagradStep<C>& args, const StepScalars& scalars)
      : lr_(static_cast<T>(scalars.lr / (1.0 + static_cast<double>(scalars.step - 1) * args.lr_decay))),
        eps_(static_cast<T>(args.eps)),
        weight_decay_(static_cast<T>(args.weight_decay)) {}

  KINDLING_HD void operator()(T& p, T g, T& s) const {
    g += weight_decay_ * p;
    s += g * g;
    p -= lr_ * g / (std::sqrt(s) + eps_);
  }

 private:
  T lr_;
  T eps_;
  T weight_decay_;
};

template <class T>
class AdadeltaUpdate {
 public:
  template <class C>
  KINDLING_HD AdadeltaUpdate(const AdadeltaStep<C>& args, const StepScalars& scalars)
      : lr_(static_cast<T>(scalars.lr)),
        rho_(static_cast<T>(args.rho)),
        one_minus_rho_(static_cast<T>(1.0 - args.rho)),
        eps_(static_cast<T>(args.eps)),
        weight_decay_(static_cast<T>(args.weight_decay)) {}

  KINDLING_HD void operator()(T& p, T g, T& v, T& u) const {
    g += weight_decay_ * p;
    v = rho_ * v + one_minus_rho_ * g * g;
    const T d = std::sqrt(u + eps_) / std::sqrt(v + eps_) * g;
    u = rho_ * u + one_minus_rho_ * d * d;
    p -= lr_ * d;
  }

 private:
  T lr_;
  T rho_;
  T one_minus_rho_;
  T eps_;
  T weight_decay_;
};

template <class T>
class AdamUpdate {
 public:
  template <class C>
  KINDLING_HD AdamUpdate(const AdamStep<C>& args, const StepScalars& scalars)
      : lr_(static_cast<T>(scalars.lr / bias_correction(args.beta1, scalars.step))),
        root_correction2_(static_cast<T>(std::sqrt(bias_correction(args.beta2, scalars.step)))),
        beta1_(static_cast<T>(args.beta1)),
        one_minus_beta1_(static_cast<T>(1.0 - args.beta1)),
        beta2_(static_cast<T>(args.beta2)),
        one_minus_beta2_(static_cast<T>(1.0 - args.beta2)),
        eps_(static_cast<T>(args.eps)),
        weight_decay_(static_cast<T>(args.weight_decay)) {}

  KINDLING_HD void operator()(T& p, T g, T& m, T& v) const {
    g += weight_decay_ * p;
    m = beta1_ * m + one_minus_beta1_ * g;
    v = beta2_ * v + one_minus_beta2_ * g * g;
    p -= lr_ * m / (std::sqrt(v) / root_correction2_ + eps_);
  }

 private:
  // Moments start at 0 and so are too small by this factor after t steps.
  KINDLING_HD static double bias_correction(double beta, std::int64_t step) {
    return 1.0 - std::pow(beta, static_cast<double>(step));
  }

  T lr_;
  T root_correction2_;
  T beta1_;
  T one_minus_beta1_;
  T beta2_;
  T one_minus_beta2_;
  T eps_;
  T weight_decay_;
};

// The contracts of the steps: one gradient and one of each moment for every parameter, and the scalars of one step.
template <class C>
void check_step(const SgdStep<C>& args) {
  const OpCheck check("sgd_step");
  check.size("scalars", args.scalars, 1);
  check.size("grads", args.grads, args.params.size());
  check.size("momentum_buffer", args.momentum_buffer, args.momentum == 0 ? 0 : args.params.size());
  if (args.nesterov && args.momentum == 0) check.fail("momentum", " is 0, wanted more for Nesterov's");
}

template <class C>
void check_step(const AdagradStep<C>& args) {
  const OpCheck check("adagrad_step");
  check.size("scalars", args.scalars, 1);
  check.size("grads", args.grads, args.params.size());
  check.size("sum_of_squares", args.sum_of_squares, args.params.size());
}

template <class C>
void check_step(const AdadeltaStep<C>& args) {
  const OpCheck check("adadelta_step");
  check.size("scalars", args.scalars, 1);
  check.size("grads", args.grads, args.params.size());
  check.size("square_average", args.square_average, args.params.size());
  check.size("accumulate_delta", args.accumulate_delta, args.params.size());
}

template <class C>
void check_step(const AdamStep<C>& args) {
  const OpCheck check("adam_step");
  check.size("scalars", args.scalars, 1);
  check.size("grads", args.grads, args.params.size());
  check.size("first_moment", args.first_moment, args.params.size());
  check.size("second_moment", args.second_moment, args.params.size());
}

}  // namespace kindling
