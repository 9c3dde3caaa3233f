#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/optimizer_step.h"
#include "tests/golden/optimizers.h"
#include "tests/support/context_array.h"
#include "tests/support/source_path.h"

namespace kindling::test {

inline const golden::OptimizerGolden& optimizers() {
  static const golden::OptimizerGolden parsed = golden::read_optimizers(source_path("tests/golden/optimizers.json"));
  return parsed;
}

// A run of one golden case on one context: the formulas' parameters and gradients, moments by torch's names.
template <class C>
class GoldenRun {
 public:
  using T = typename C::param_t;

  GoldenRun(C& context, const golden::OptimizerCase& of, std::int64_t elements)
      : context_(context),
        of_(of),
        elements_(elements),
        params_(context, formula(golden::initial_parameter)),
        grads_(context, std::vector<T>(size(), T(0))),
        scalars_(context, std::vector<StepScalars>{{}}) {}

  void step(std::int64_t t) {
    set_scalars({.lr = golden::learning_rate(of_.option("lr", 0), t), .step = t});
    grads_.assign(formula([t](std::int64_t i) { return golden::gradient(t, i); }));
    call();
  }

  void call() {
    if (of_.algorithm == "adagrad") {
      adagrad_step(context_, adagrad());
    } else if (of_.algorithm == "adadelta") {
      adadelta_step(context_, adadelta());
    } else if (of_.algorithm == "adam") {
      adam_step(context_, adam());
    } else {
      sgd_step(context_, sgd());
    }
  }

  SgdStep<C> sgd() {
    const double momentum = of_.option("momentum", 0);
    return {.params = params_,
            .grads = grads_,
            .momentum_buffer = momentum == 0 ? Params<C>() : moment("momentum_buffer"),
            .scalars = scalars_,
            .momentum = momentum,
            .weight_decay = of_.option("weight_decay", 0),
            .nesterov = of_.options.value("nesterov", false)};
  }

  AdagradStep<C> adagrad() {
    return {.params = params_,
            .grads = grads_,
            .sum_of_squares = moment("sum"),
            .scalars = scalars_,
            .lr_decay = of_.option("lr_decay", 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  AdadeltaStep<C> adadelta() {
    return {.params = params_,
            .grads = grads_,
            .square_average = moment("square_avg"),
            .accumulate_delta = moment("acc_delta"),
            .scalars = scalars_,
            .rho = of_.option("rho", 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  AdamStep<C> adam() {
    return {.params = params_,
            .grads = grads_,
            .first_moment = moment("exp_avg"),
            .second_moment = moment("exp_avg_sq"),
            .scalars = scalars_,
            .beta1 = of_.beta(0, 0),
            .beta2 = of_.beta(1, 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  std::vector<T> params() const { return params_.elements(); }
  std::map<std::string, std::vector<T>> moments() const {
    std::map<std::string, std::vector<T>> values;
    for (const auto& [name, array] : moments_) values.emplace(name, array.elements());
    return values;
  }
  void set_scalars(const StepScalars& scalars) { scalars_.assign({scalars}); }
  void zero_params() { params_.assign(std::vector<T>(size(), T(0))); }
  void fill_moment(const char* name, T value) {
    moment(name);
    moments_.at(name).assign(std::vector<T>(size(), value));
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(elements_); }

  // Zeros when first asked for.
  Params<C> moment(const char* name) {
    return moments_.try_emplace(name, context_, std::vector<T>(size(), T(0))).first->second;
  }

  template <class F>
  std::vector<T> formula(F element) const {
    std::vector<T> values;
    for (std::int64_t i = 0; i < elements_; ++i) values.push_back(static_cast<T>(element(i)));
    return values;
  }

  C& context_;
  const golden::OptimizerCase& of_;
  std::int64_t elements_;
  ContextArray<C, T> params_;
  ContextArray<C, T> grads_;
  ContextArray<C, StepScalars> scalars_;
  std::map<std::string, ContextArray<C, T>> moments_;
};

}  // namespace kindling::test
