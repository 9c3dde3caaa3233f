#include "kernels/optimizer_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "kernels/core/error.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/golden/optimizers.h"

namespace kindling {
namespace {

const golden::OptimizerGolden& optimizers() {
  static const golden::OptimizerGolden parsed =
      golden::read_optimizers(KINDLING_SOURCE_DIR "/tests/golden/optimizers.json");
  return parsed;
}

// A run of one golden case on one context: the formulas' parameters and gradients, moments by torch's names.
template <class C>
class GoldenRun {
 public:
  using T = typename C::param_t;

  GoldenRun(C& context, const golden::OptimizerCase& of, std::int64_t elements)
      : context_(context), of_(of), elements_(elements), params_(size()), grads_(size()) {
    for (std::int64_t i = 0; i < elements; ++i) params_[at(i)] = static_cast<T>(golden::initial_parameter(i));
  }

  void step(std::int64_t t) {
    scalars_ = {.lr = golden::learning_rate(of_.option("lr", 0), t), .step = t};
    for (std::int64_t i = 0; i < elements_; ++i) grads_[at(i)] = static_cast<T>(golden::gradient(t, i));
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
    return {.params = view(params_),
            .grads = view(grads_),
            .momentum_buffer = momentum == 0 ? Params<C>() : moment("momentum_buffer"),
            .scalars = {&scalars_, 1},
            .momentum = momentum,
            .weight_decay = of_.option("weight_decay", 0),
            .nesterov = of_.options.value("nesterov", false)};
  }

  AdagradStep<C> adagrad() {
    return {.params = view(params_),
            .grads = view(grads_),
            .sum_of_squares = moment("sum"),
            .scalars = {&scalars_, 1},
            .lr_decay = of_.option("lr_decay", 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  AdadeltaStep<C> adadelta() {
    return {.params = view(params_),
            .grads = view(grads_),
            .square_average = moment("square_avg"),
            .accumulate_delta = moment("acc_delta"),
            .scalars = {&scalars_, 1},
            .rho = of_.option("rho", 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  AdamStep<C> adam() {
    return {.params = view(params_),
            .grads = view(grads_),
            .first_moment = moment("exp_avg"),
            .second_moment = moment("exp_avg_sq"),
            .scalars = {&scalars_, 1},
            .beta1 = of_.beta(0, 0),
            .beta2 = of_.beta(1, 0),
            .eps = of_.option("eps", 0),
            .weight_decay = of_.option("weight_decay", 0)};
  }

  const std::vector<T>& params() const { return params_; }
  std::vector<T>& grads() { return grads_; }
  std::map<std::string, std::vector<T>>& moments() { return moments_; }
  void set_scalars(const StepScalars& scalars) { scalars_ = scalars; }
  void zero_params() { params_.assign(size(), T(0)); }

  Params<C> moment(const char* name) {
    std::vector<T>& values = moments_[name];
    values.resize(size());
    return view(values);
  }

 private:
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
  std::size_t size() const { return at(elements_); }
  Params<C> view(std::vector<T>& values) { return {values.data(), elements_}; }

  C& context_;
  const golden::OptimizerCase& of_;
  std::int64_t elements_;
  std::vector<T> params_;
  std::vector<T> grads_;
  std::map<std::string, std::vector<T>> moments_;
  StepScalars scalars_;
};

// A step rounds each element a handful of times, to eps / 2 of the values at hand, and 200 such errors add up at
// random: about 200^0.5 * 5 * eps / 2 = 4e-6 in float, 8e-15 in double, before weight decay damps them. The project's
// bounds (5e-6 and 1e-12) leave no room for a step that computes something else.
template <class C>
constexpr double kBound = sizeof(typename C::param_t) == 8 ? 1e-12 : 5e-6;

template <class C>
class OptimizerStep : public testing::Test {};
using Contexts = testing::Types<ReferenceContext<double>, ReferenceContext<float>, CpuContext<float>>;
TYPED_TEST_SUITE(OptimizerStep, Contexts);

TYPED_TEST(OptimizerStep, MatchesTorchOver200Steps) {
  ASSERT_EQ(optimizers().cases.size(), 12U);
  for (const golden::OptimizerCase& of : optimizers().cases) {
    TypeParam context;
    GoldenRun<TypeParam> run(context, of, optimizers().elements);
    for (std::int64_t t = 1; t <= optimizers().steps; ++t) run.step(t);

    const auto& want = sizeof(typename TypeParam::param_t) == 8 ? of.float64 : of.float32;
    EXPECT_LE(golden::relative_difference(run.params(), want.at("parameters")), kBound<TypeParam>) << of.name;
    ASSERT_EQ(run.moments().size() + 1, want.size()) << of.name;
    for (const auto& [name, values] : run.moments()) {
      EXPECT_LE(golden::relative_difference(values, want.at(name)), kBound<TypeParam>) << of.name << " " << name;
    }
  }
}

// The gaps between the tensors of an arena hold zeros in everything, and have to keep them.
TYPED_TEST(OptimizerStep, KeepsZerosZero) {
  for (const golden::OptimizerCase& of : optimizers().cases) {
    TypeParam context;
    GoldenRun<TypeParam> run(context, of, optimizers().elements);
    run.zero_params();
    for (std::int64_t t = 1; t <= 3; ++t) {
      run.set_scalars({.lr = 0.1, .step = t});
      run.call();
    }
    for (const auto value : run.params()) EXPECT_EQ(value, 0) << of.name;
    for (const auto& [name, values] : run.moments()) {
      for (const auto value : values) EXPECT_EQ(value, 0) << of.name << " " << name;
    }
  }
}

TYPED_TEST(OptimizerStep, FirstStepOfMomentumIgnoresTheBuffer) {
  using T = typename TypeParam::param_t;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    if (of.option("momentum", 0) == 0) continue;
    TypeParam context;
    GoldenRun<TypeParam> fresh(context, of, optimizers().elements);
    GoldenRun<TypeParam> dirty(context, of, optimizers().elements);
    for (T& value : dirty.moment("momentum_buffer")) value = std::numeric_limits<T>::quiet_NaN();
    fresh.step(1);
    dirty.step(1);
    EXPECT_EQ(fresh.params(), dirty.params()) << of.name;
    EXPECT_EQ(fresh.moments(), dirty.moments()) << of.name;
  }
}

// The message of the Error(kInternal) that a call throws.
template <class F>
std::string refusal(F call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
    return error.what();
  }
  return "no error";
}

TYPED_TEST(OptimizerStep, RefusesLengthsThatDiffer) {
  using C = TypeParam;
  const golden::OptimizerCase plain{};
  const golden::OptimizerCase momentum{.options = {{"momentum", 0.9}}};
  C context;
  GoldenRun<C> run(context, momentum, 5);

  SgdStep<C> short_grads = run.sgd();
  short_grads.grads = short_grads.grads.subview(0, 1);
  EXPECT_EQ(refusal([&] { sgd_step(context, short_grads); }),
            "internal error: sgd_step: grads has 1 elements, wanted 5");
  SgdStep<C> no_buffer = run.sgd();
  no_buffer.momentum_buffer = {};
  EXPECT_EQ(refusal([&] { sgd_step(context, no_buffer); }),
            "internal error: sgd_step: momentum_buffer has 0 elements, wanted 5");
  GoldenRun<C> plain_run(context, plain, 5);
  SgdStep<C> nesterov = plain_run.sgd();
  nesterov.nesterov = true;
  EXPECT_EQ(refusal([&] { sgd_step(context, nesterov); }),
            "internal error: sgd_step: momentum is 0, wanted more for Nesterov's");
  AdagradStep<C> adagrad = run.adagrad();
  adagrad.sum_of_squares = adagrad.sum_of_squares.subview(0, 4);
  EXPECT_EQ(refusal([&] { adagrad_step(context, adagrad); }),
            "internal error: adagrad_step: sum_of_squares has 4 elements, wanted 5");
  AdadeltaStep<C> adadelta = run.adadelta();
  adadelta.accumulate_delta = {};
  EXPECT_EQ(refusal([&] { adadelta_step(context, adadelta); }),
            "internal error: adadelta_step: accumulate_delta has 0 elements, wanted 5");
  AdamStep<C> adam = run.adam();
  adam.scalars = {};
  EXPECT_EQ(refusal([&] { adam_step(context, adam); }), "internal error: adam_step: scalars has 0 elements, wanted 1");
}

// No reduction, no fused multiply-add, the same function for every element: the bits can't depend on threads or on
// where vectors and chunks end, and are the oracle's.
TEST(CpuOptimizerStep, GivesTheBitsOfTheReferenceForAnyThreadCount) {
  constexpr std::int64_t kElements = 5 * 16384 + 45;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    ReferenceContext<float> reference;
    GoldenRun<ReferenceContext<float>> want(reference, of, kElements);
    for (std::int64_t t = 1; t <= 3; ++t) want.step(t);
    for (int threads = 1; threads <= 4; ++threads) {
      CpuContext<float> context({.threads = threads});
      GoldenRun<CpuContext<float>> got(context, of, kElements);
      for (std::int64_t t = 1; t <= 3; ++t) got.step(t);
      EXPECT_EQ(got.params(), want.params()) << of.name << ", threads " << threads;
      EXPECT_EQ(got.moments(), want.moments()) << of.name << ", threads " << threads;
    }
  }
}

}  // namespace
}  // namespace kindling
