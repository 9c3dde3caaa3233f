#include "kernels/pool2d.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/backends.h"
#include "tests/support/expect_error.h"
#include "tests/support/head_case.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <class Backend>
class Pool2d : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Pool2d, Backends, BackendNames);

// H W terms and the factor 1 / (H W), itself rounded.
TYPED_TEST(Pool2d, ForwardRoundsWithinBounds) {
  using C = typename TypeParam::Context;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    const std::vector<double> x = RandomValues(1).reals(shape.elements());
    expect_within(run_pool_forward<TypeParam>(shape, shape.n, x), run_pool_forward<Oracle>(shape, shape.n, x),
                  dot_bounds<C, typename C::activation_t>(shape.h * shape.w + 2,
                                                          run_pool_forward<Oracle>(shape, shape.n, magnitudes(x))),
                  "y");
  }
}

TYPED_TEST(Pool2d, BackwardRoundsWithinBounds) {
  using C = typename TypeParam::Context;
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    const std::vector<double> dy = RandomValues(2).reals(shape.n * shape.c);
    expect_within(run_pool_backward<TypeParam>(shape, shape.n, dy), run_pool_backward<Oracle>(shape, shape.n, dy),
                  dot_bounds<C, typename C::activation_t>(2, run_pool_backward<Oracle>(shape, shape.n, magnitudes(dy))),
                  "dx");
  }
}

TYPED_TEST(Pool2d, KnownValues) {
  const Shape4 shape{1, 2, 2, 2};
  expect_equal(run_pool_forward<TypeParam>(shape, 1, {1, 10, 2, 20, 3, 30, 6, 60}), {3, 30}, "y");
  expect_equal(run_pool_backward<TypeParam>(shape, 1, {4, -8}), {1, -2, 1, -2, 1, -2, 1, -2}, "dx");
}

TYPED_TEST(Pool2d, PartialBatchKeepsOtherImagesZero) {
  const Shape4 alone{3, 4, 4, 5};
  const Shape4 full{5, 4, 4, 5};
  std::vector<double> x = RandomValues(3).reals(alone.elements());
  std::vector<double> dy = RandomValues(4).reals(alone.n * alone.c);
  std::vector<double> y = run_pool_forward<TypeParam>(alone, 3, x);
  std::vector<double> dx = run_pool_backward<TypeParam>(alone, 3, dy);
  for (auto* values : {&x, &dx}) values->resize(static_cast<std::size_t>(full.elements()));
  for (auto* values : {&y, &dy}) values->resize(static_cast<std::size_t>(full.n * full.c));
  if (!TypeParam::kPartialBatches) {
    expect_error(ErrorCode::kInternal, "pool_forward", [&] { run_pool_forward<TypeParam>(full, 3, x); });
    expect_error(ErrorCode::kInternal, "pool_backward", [&] { run_pool_backward<TypeParam>(full, 3, dy); });
    return;
  }
  expect_equal(run_pool_forward<TypeParam>(full, 3, x), y, "y");
  expect_equal(run_pool_backward<TypeParam>(full, 3, dy), dx, "dx");
}

TYPED_TEST(Pool2d, RefusesViewsThatDoNotFit) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const ActivationArray<C> a(context, 100);
  const auto x = a.activation({2, 3, 3, 5}, 2);
  const auto narrow = a.activation({2, 1, 1, 4}, 2);
  const auto tall = a.activation({2, 2, 1, 5}, 2);
  expect_error(ErrorCode::kInternal, "y has shape [2, 1, 1, 4], wanted [2, 1, 1, 5]",
               [&] { global_average_pool_forward(context, x, narrow); });
  expect_error(ErrorCode::kInternal, "y has shape [2, 2, 1, 5], wanted [2, 1, 1, 5]",
               [&] { global_average_pool_forward(context, x, tall); });
  expect_error(ErrorCode::kInternal, "dy has shape [2, 1, 1, 4], wanted [2, 1, 1, 5]",
               [&] { global_average_pool_backward(context, narrow, x); });
}

}  // namespace
}  // namespace kindling
