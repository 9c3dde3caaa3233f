#include "kernels/linear.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/backends.h"
#include "tests/support/expect_error.h"
#include "tests/support/head_case.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

struct Extents {
  std::int64_t n;
  std::int64_t c;
  std::int64_t k;
};

constexpr Extents kExtents[] = {{128, 512, 10}, {80, 512, 10}, {1, 512, 10}, {3, 64, 10}, {1, 1, 1},  {2, 3, 5},
                                {7, 17, 9},     {5, 31, 33},   {33, 8, 16},  {4, 100, 1}, {1, 7, 100}};

template <class Backend>
class Linear : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Linear, Backends, BackendNames);

LinearCase magnitudes_of(LinearCase data) {
  for (auto* values : {&data.x, &data.w, &data.b, &data.dlogits}) *values = magnitudes(*values);
  return data;
}

// Sums of C products and the bias, K products, N products, N terms.
TYPED_TEST(Linear, RoundsWithinBounds) {
  using C = typename TypeParam::Context;
  using Param = typename C::param_t;
  for (const Extents& extents : kExtents) {
    const LinearCase data = linear_case(extents.n, extents.c, extents.k, 1);
    SCOPED_TRACE(to_string(data.x_shape()) + " k" + std::to_string(data.k));
    expect_within(run_linear_forward<TypeParam>(data), run_linear_forward<Oracle>(data),
                  dot_bounds<C, Param>(data.c + 1, run_linear_forward<Oracle>(magnitudes_of(data))), "logits");
    const LinearGradients found = run_linear_backward<TypeParam>(data);
    const LinearGradients wanted = run_linear_backward<Oracle>(data);
    const LinearGradients absolute = run_linear_backward<Oracle>(magnitudes_of(data));
    expect_within(found.dx, wanted.dx, dot_bounds<C, typename C::activation_t>(data.k, absolute.dx), "dx");
    expect_within(found.dw, wanted.dw, dot_bounds<C, Param>(data.n, absolute.dw), "dw");
    expect_within(found.db, wanted.db, dot_bounds<C, Param>(data.n, absolute.db), "db");
  }
}

// Sums of small integers are exact in fp32: nothing can hide in a bound.
TYPED_TEST(Linear, IsExactOnIntegers) {
  for (const Extents& extents : kExtents) {
    LinearCase data = linear_case(extents.n, extents.c, extents.k, 2);
    SCOPED_TRACE(to_string(data.x_shape()) + " k" + std::to_string(data.k));
    RandomValues random(3);
    for (auto* values : {&data.x, &data.w, &data.b, &data.dlogits}) {
      *values = random.small_integers(static_cast<std::int64_t>(values->size()));
    }
    expect_equal(run_linear_forward<TypeParam>(data), run_linear_forward<Oracle>(data), "logits");
    const LinearGradients found = run_linear_backward<TypeParam>(data);
    const LinearGradients wanted = run_linear_backward<Oracle>(data);
    expect_equal(found.dx, wanted.dx, "dx");
    expect_equal(found.dw, wanted.dw, "dw");
    expect_equal(found.db, wanted.db, "db");
  }
}

TYPED_TEST(Linear, KnownValues) {
  const LinearCase data{.n = 2,
                        .c = 2,
                        .k = 3,
                        .valid_n = 2,
                        .x = {1, 2, 3, 4},
                        .w = {1, 0, 0, 1, 1, 1},
                        .b = {10, 20, 30},
                        .dlogits = {1, 0, 2, 0, 3, 0}};
  expect_equal(run_linear_forward<TypeParam>(data), {11, 22, 33, 13, 24, 37}, "logits");
  const LinearGradients gradients = run_linear_backward<TypeParam>(data);
  expect_equal(gradients.dx, {3, 2, 0, 3}, "dx");
  expect_equal(gradients.dw, {1, 2, 9, 12, 2, 4}, "dw");
  expect_equal(gradients.db, {1, 3, 2}, "db");
}

TYPED_TEST(Linear, PartialBatchCountsOnlyItsImages) {
  const LinearCase alone = linear_case(3, 19, 10, 4);
  LinearCase padded = alone;
  padded.n = 5;
  padded.x.resize(static_cast<std::size_t>(padded.n * padded.c));
  if (!TypeParam::kPartialBatches) {
    expect_error(ErrorCode::kInternal, "linear_forward", [&] { run_linear_forward<TypeParam>(padded); });
    expect_error(ErrorCode::kInternal, "linear_backward", [&] { run_linear_backward<TypeParam>(padded); });
    return;
  }
  expect_equal(run_linear_forward<TypeParam>(padded), run_linear_forward<TypeParam>(alone), "logits");
  const LinearGradients found = run_linear_backward<TypeParam>(padded);
  LinearGradients wanted = run_linear_backward<TypeParam>(alone);
  wanted.dx.resize(padded.x.size());
  expect_equal(found.dx, wanted.dx, "dx");
  expect_equal(found.dw, wanted.dw, "dw");
}

TYPED_TEST(Linear, RefusesViewsThatDoNotFit) {
  const LinearCase good = linear_case(3, 5, 4, 5);
  LinearCase bad = good;
  bad.w.pop_back();
  expect_error(ErrorCode::kInternal, "w has 19 elements, wanted 20", [&] { run_linear_forward<TypeParam>(bad); });
  expect_error(ErrorCode::kInternal, "w has 19 elements, wanted 20", [&] { run_linear_backward<TypeParam>(bad); });
  bad = good;
  bad.b.pop_back();
  expect_error(ErrorCode::kInternal, "linear_forward", [&] { run_linear_forward<TypeParam>(bad); });
  bad = good;
  bad.dlogits.pop_back();
  expect_error(ErrorCode::kInternal, "dlogits has 11 elements, wanted 12",
               [&] { run_linear_backward<TypeParam>(bad); });
}

}  // namespace
}  // namespace kindling
