#include "kernels/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/activation_case.h"
#include "tests/support/backends.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_values.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

// The sum of four terms takes at most five roundings (two products, three sums); ReLU adds none and brings errors no
// further apart.
template <class Backend>
void expect_materialized(const DeferredCase& data, MaterializeInto into) {
  SCOPED_TRACE(to_string(data.shape) + (data.relu ? " relu" : "") + (data.scale.empty() ? "" : " scaled") +
               (data.residual.empty() ? "" : " residual") + (data.residual_scale.empty() ? "" : " residual scaled"));
  using C = typename Backend::Context;
  DeferredCase absolute = data;
  for (auto* values : {&absolute.raw, &absolute.scale, &absolute.shift, &absolute.residual, &absolute.residual_scale,
                       &absolute.residual_shift}) {
    *values = magnitudes(*values);
  }
  expect_within(run_materialize<Backend>(data, into), run_materialize<Oracle>(data),
                dot_bounds<C, typename C::activation_t>(4, run_materialize<Oracle>(absolute)), "y");
}

template <class Backend>
class Activation : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Activation, Backends, BackendNames);

TYPED_TEST(Activation, MaterializeRoundsWithinBounds) {
  for (const Shape4& shape : activation_shapes()) {
    for (const DeferredForm& form : kDeferredForms) {
      expect_materialized<TypeParam>(deferred_case(shape, form, 1), MaterializeInto::kOwn);
    }
  }
}

TYPED_TEST(Activation, MaterializeMayWriteOverItsInputs) {
  for (const Shape4& shape : activation_shapes()) {
    for (const DeferredForm& form : kDeferredForms) {
      const DeferredCase data = deferred_case(shape, form, 2);
      expect_materialized<TypeParam>(data, MaterializeInto::kRaw);
      if (form.residual) expect_materialized<TypeParam>(data, MaterializeInto::kResidual);
    }
  }
}

TYPED_TEST(Activation, MaterializeKnownValues) {
  const DeferredCase data{.shape = {1, 1, 2, 2},
                          .valid_n = 1,
                          .raw = {1, 2, -3, 4},
                          .scale = {2, -1},
                          .shift = {0.5, 1},
                          .residual = {1, 1, 2, -8},
                          .residual_scale = {4, 0.5},
                          .residual_shift = {-1, 3},
                          .relu = true};
  expect_equal(run_materialize<TypeParam>(data), {5.5, 2.5, 1.5, 0}, "y");  // last: -4 + 1 - 4 + 3 = -4
}

// With a shift, the images after valid_n would not stay zero by themselves.
TYPED_TEST(Activation, MaterializePartialBatchKeepsOtherImagesZero) {
  const DeferredCase alone = deferred_case({3, 2, 3, 5}, {true, true, true, false}, 3);
  DeferredCase padded = alone;
  padded.shape.n = 5;
  padded.raw.resize(static_cast<std::size_t>(padded.shape.elements()));
  padded.residual.resize(padded.raw.size());
  if (!TypeParam::kPartialBatches) {
    expect_error(ErrorCode::kInternal, "materialize", [&] { run_materialize<TypeParam>(padded); });
    return;
  }
  std::vector<double> wanted = run_materialize<TypeParam>(alone);
  wanted.resize(padded.raw.size());
  expect_equal(run_materialize<TypeParam>(padded), wanted, "y");
}

// A NaN must reach the loss: a ReLU that turns it into 0 would hide a run that has diverged.
TYPED_TEST(Activation, MaterializeKeepsNan) {
  DeferredCase data = deferred_case({1, 3, 3, 7}, {true, false, false, true}, 4);
  data.raw[20] = std::nan("");
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  std::vector<typename C::activation_t> raw(data.raw.size());
  std::transform(data.raw.begin(), data.raw.end(), raw.begin(),
                 [](double v) { return static_cast<typename C::activation_t>(static_cast<float>(v)); });
  const ActivationArray<C> x(context, raw);
  const ParamArray<C> scale(context, data.scale);
  const ParamArray<C> shift(context, data.shift);
  const auto view = x.activation(data.shape, 1);
  Deferred<C> value;
  value.raw = view;
  value.scale = scale;
  value.shift = shift;
  value.relu = true;
  materialize(context, value, view);
  EXPECT_TRUE(std::isnan(x.values()[20]));
}

TYPED_TEST(Activation, ReluBackwardPassesWhereTheOutputIsPositive) {
  using C = typename TypeParam::Context;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    RandomValues random(5);
    const std::vector<double> dy_values = random.reals(shape.elements());
    const auto y_values = mapped(random.reals(shape.elements()), [](double v) { return std::max(v, 0.0); });
    std::vector<double> wanted = dy_values;
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = y_values[i] > 0 ? dy_values[i] : 0;

    C context = TypeParam::make();
    const ActivationArray<C> dy(context, dy_values);
    const ActivationArray<C> y(context, y_values);
    const ActivationArray<C> dx(context, shape.elements());
    const auto dy_view = dy.activation(shape, shape.n);
    const auto y_view = y.activation(shape, shape.n);
    relu_backward(context, dy_view, y_view, dx.activation(shape, shape.n));
    expect_equal(dx.values(), wanted, "dx");
    relu_backward(context, dy_view, y_view, dy_view);
    expect_equal(dy.values(), wanted, "dx in dy");
  }
}

TYPED_TEST(Activation, RefusesViewsThatDoNotFit) {
  using C = typename TypeParam::Context;
  const DeferredCase good = deferred_case({2, 3, 4, 5}, {true, true, true, true}, 6);
  for (auto input :
       {&DeferredCase::scale, &DeferredCase::shift, &DeferredCase::residual_scale, &DeferredCase::residual_shift}) {
    DeferredCase bad = good;
    (bad.*input).pop_back();
    expect_error(ErrorCode::kInternal, "has 4 elements, wanted 5", [&] { run_materialize<TypeParam>(bad); });
  }
  for (auto alone : {&DeferredCase::shift, &DeferredCase::residual_shift}) {
    DeferredCase bad = good;
    (bad.*alone).clear();
    expect_error(ErrorCode::kInternal, "has 0 elements, wanted 5", [&] { run_materialize<TypeParam>(bad); });
  }
  C context = TypeParam::make();
  const ActivationArray<C> a(context, 200);
  const auto fits = a.activation({2, 3, 4, 5}, 2);
  const auto differs = a.activation({2, 3, 5, 4}, 2);
  const std::string text = "shape [2, 3, 5, 4], wanted [2, 3, 4, 5]";
  Deferred<C> value;
  value.raw = fits;
  expect_error(ErrorCode::kInternal, "y has " + text, [&] { materialize(context, value, differs); });
  value.residual = differs;
  expect_error(ErrorCode::kInternal, "residual has " + text, [&] { materialize(context, value, fits); });
  expect_error(ErrorCode::kInternal, "y has " + text, [&] { relu_backward(context, fits, differs, fits); });
  expect_error(ErrorCode::kInternal, "dx has " + text, [&] { relu_backward(context, fits, fits, differs); });
}

}  // namespace
}  // namespace kindling
