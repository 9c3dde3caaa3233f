#include "kernels/optimizer_step.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "kernels/core/error.h"
#include "tests/support/backends.h"
#include "tests/support/optimizer_case.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

// A step rounds each element a handful of times, to eps / 2 of the values at hand, and 200 such errors add up at
// random: about 200^0.5 * 5 * eps / 2 = 4e-6 in float, 8e-15 in double, before weight decay damps them. The project's
// bounds (5e-6 and 1e-12) leave no room for a step that computes something else.
template <class C>
constexpr double kBound = sizeof(typename C::param_t) == 8 ? 1e-12 : 5e-6;

template <class Backend>
class OptimizerStep : public BackendTest<Backend> {};
TYPED_TEST_SUITE(OptimizerStep, OptimizerBackends, BackendNames);

TYPED_TEST(OptimizerStep, MatchesTorchOver200Steps) {
  using Context = typename TypeParam::Context;
  ASSERT_EQ(optimizers().cases.size(), 12U);
  for (const golden::OptimizerCase& of : optimizers().cases) {
    Context context = TypeParam::make();
    GoldenRun<Context> run(context, of, optimizers().elements);
    for (std::int64_t t = 1; t <= optimizers().steps; ++t) run.step(t);

    const auto& want = sizeof(typename Context::param_t) == 8 ? of.float64 : of.float32;
    EXPECT_LE(golden::relative_difference(run.params(), want.at("parameters")), kBound<Context>) << of.name;
    ASSERT_EQ(run.moments().size() + 1, want.size()) << of.name;
    for (const auto& [name, values] : run.moments()) {
      EXPECT_LE(golden::relative_difference(values, want.at(name)), kBound<Context>) << of.name << " " << name;
    }
  }
}

// The gaps between the tensors of an arena hold zeros in everything, and have to keep them.
TYPED_TEST(OptimizerStep, KeepsZerosZero) {
  using Context = typename TypeParam::Context;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    Context context = TypeParam::make();
    GoldenRun<Context> run(context, of, optimizers().elements);
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
  using Context = typename TypeParam::Context;
  using T = typename Context::param_t;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    if (of.option("momentum", 0) == 0) continue;
    Context context = TypeParam::make();
    GoldenRun<Context> fresh(context, of, optimizers().elements);
    GoldenRun<Context> dirty(context, of, optimizers().elements);
    dirty.fill_moment("momentum_buffer", std::numeric_limits<T>::quiet_NaN());
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
  using C = typename TypeParam::Context;
  const golden::OptimizerCase plain{};
  const golden::OptimizerCase momentum{.options = {{"momentum", 0.9}}};
  C context = TypeParam::make();
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

}  // namespace
}  // namespace kindling
