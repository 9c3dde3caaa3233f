// The ops with bf16 activations but convolutions (conv2d_test.cc), on inputs that bf16 holds exactly: what differs from
// fp32 is one rounding of what is stored, and the wider packs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/round_parameters.h"
#include "tests/support/activation_case.h"
#include "tests/support/backends.h"
#include "tests/support/batch_norm_case.h"
#include "tests/support/head_case.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <class Backend>
class Bfloat16 : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Bfloat16, Bf16Backends, BackendNames);

TYPED_TEST(Bfloat16, MaterializeRoundsOnce) {
  using C = typename TypeParam::Context;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    RandomValues random(2);
    const DeferredCase data{.shape = shape,
                            .valid_n = shape.n,
                            .raw = random.small_integers(shape.elements()),
                            .scale = random.reals(shape.c),
                            .shift = random.reals(shape.c),
                            .residual = random.small_integers(shape.elements()),
                            .residual_scale = random.reals(shape.c),
                            .residual_shift = random.reals(shape.c),
                            .relu = true};
    DeferredCase absolute = data;
    for (auto* values : {&absolute.raw, &absolute.scale, &absolute.shift, &absolute.residual, &absolute.residual_scale,
                         &absolute.residual_shift}) {
      *values = magnitudes(*values);
    }
    expect_within(run_materialize<TypeParam>(data), run_materialize<Oracle>(data),
                  dot_bounds<C, bfloat16>(4, run_materialize<Oracle>(absolute)), "y");
  }
}

// Sums of integers are exact, so that only the last roundings to fp32 are left, and for the mean, which may be 0, those
// of combining tiles in double: gamma_n of the largest value, 4, for at most 1024 tiles.
TYPED_TEST(Bfloat16, BatchNormSumsAreThoseOfTheOracle) {
  const double u = kUnitRoundoff<float>;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    RandomValues random(3);
    BatchNormCase data = batch_norm_case(shape, 4);
    data.x = random.small_integers(shape.elements());
    const BatchNormState found = run_statistics<TypeParam>(data);
    const BatchNormState wanted = run_statistics<Oracle>(data);
    for (std::size_t c = 0; c < wanted.saved_mean.size(); ++c) {
      EXPECT_NEAR(found.saved_mean[c], wanted.saved_mean[c],
                  2 * u * std::abs(wanted.saved_mean[c]) + 4 * gamma(1024, 0x1p-53))
          << c;
      EXPECT_NEAR(found.saved_inv_std[c], wanted.saved_inv_std[c], 2 * u * wanted.saved_inv_std[c]) << c;
    }
    const BatchNormUpstream upstream{
        random.small_integers(shape.elements()),
        mapped(random.small_integers(shape.elements()), [](double v) { return std::max(v, 0.0); }),
        random.small_integers(shape.c), std::vector<double>(static_cast<std::size_t>(shape.c), 0.5)};
    const BatchNormGradients gradients = run_backward<TypeParam>(data, upstream);
    const BatchNormGradients exact = run_backward<Oracle>(data, upstream);
    expect_equal(gradients.dbeta, exact.dbeta, "dbeta");
    expect_equal(gradients.dgamma, exact.dgamma, "dgamma");
    expect_equal(gradients.dresidual, exact.dresidual, "dresidual");
  }
}

TYPED_TEST(Bfloat16, PoolAndLinearRoundOnce) {
  using C = typename TypeParam::Context;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    const std::vector<double> x = RandomValues(5).small_integers(shape.elements());
    expect_within(
        run_pool_forward<TypeParam>(shape, shape.n, x), run_pool_forward<Oracle>(shape, shape.n, x),
        dot_bounds<C, bfloat16>(shape.h * shape.w + 2, run_pool_forward<Oracle>(shape, shape.n, magnitudes(x))),
        "pool");
  }
  LinearCase data = linear_case(7, 40, 10, 6);
  RandomValues random(7);
  for (auto* values : {&data.x, &data.w, &data.b, &data.dlogits}) {
    *values = random.small_integers(static_cast<std::int64_t>(values->size()));
  }
  LinearCase absolute = data;
  for (auto* values : {&absolute.w, &absolute.dlogits}) *values = magnitudes(*values);
  expect_equal(run_linear_forward<TypeParam>(data), run_linear_forward<Oracle>(data), "logits");
  const LinearGradients found = run_linear_backward<TypeParam>(data);
  const LinearGradients wanted = run_linear_backward<Oracle>(data);
  expect_equal(found.dw, wanted.dw, "dw");
  expect_equal(found.db, wanted.db, "db");
  expect_within(found.dx, wanted.dx, dot_bounds<C, bfloat16>(data.k, run_linear_backward<Oracle>(absolute).dx), "dx");
}

// As the host rounds, ties and all, in wide packs and in what doesn't fill them.
TYPED_TEST(Bfloat16, RoundParametersAsTheHostDoes) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  for (const std::int64_t size : {1, 7, 8, 1024, 1031}) {
    std::vector<double> values = RandomValues(8).reals(size);
    values[0] = 1 + 0x1p-8;  // between two neighbours of bf16: the even one is 1
    const ParamArray<C> from(context, values);
    const ActivationArray<C> to(context, size);
    round_parameters(context, from, to.view());
    expect_equal(to.values(), rounded_to<bfloat16>(values), "copy");
  }
}

}  // namespace
}  // namespace kindling
