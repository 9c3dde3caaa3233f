#include "kernels/conv2d.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/conv2d_sample.h"
#include "tests/support/expect_error.h"
#include "tests/support/finite_difference.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

// Of the network's shapes. Where the CPU runs the device's code (tests/cuda_on_cpu), one image takes long enough.
#ifdef KINDLING_TEST_CUDA_ON_CPU
constexpr std::int64_t kBatches[] = {1};
#else
constexpr std::int64_t kBatches[] = {1, 3};
#endif

// Each output is a sum of at most n products: n is R S C, K R S and N P Q for forward, dgrad and wgrad.
template <class Backend>
void expect_rounding_only(const Conv2dCase& data) {
  using C = typename Backend::Context;
  using Activation = typename C::activation_t;
  const Conv2dShape& shape = data.shape;
  const std::vector<std::int64_t> filters = sampled_channels(shape.k);
  const std::vector<std::int64_t> inputs = sampled_channels(shape.c);
  const Conv2dCase by_filter = with_filters(data, filters);
  const Conv2dCase by_input = with_input_channels(data, inputs);
  const std::int64_t taps = shape.r * shape.s();

  expect_within(select(run_forward<Backend>(data), shape.k, 1, filters), run_forward<Oracle>(by_filter),
                dot_bounds<C, Activation>(taps * shape.c, run_forward<Oracle>(magnitudes_of(by_filter))), "y");
  expect_within(select(run_dgrad<Backend>(data), shape.c, 1, inputs), run_dgrad<Oracle>(by_input),
                dot_bounds<C, Activation>(taps * shape.k, run_dgrad<Oracle>(magnitudes_of(by_input))), "dx");
  expect_within(select(run_wgrad<Backend>(data), shape.k, taps * shape.c, filters), run_wgrad<Oracle>(by_filter),
                dot_bounds<C, typename Backend::FilterGradient>(shape.y_shape().pixels(),
                                                                run_wgrad<Oracle>(magnitudes_of(by_filter))),
                "dw");
}

// Sums of small integers are exact in fp32 in any order: one product too many or too few shows, where rounding bounds
// of long sums could hide it. Left is one rounding of what is stored.
template <class Backend>
void expect_exact(const Conv2dCase& data) {
  using Activation = typename Backend::Context::activation_t;
  const Conv2dShape& shape = data.shape;
  const std::vector<std::int64_t> filters = sampled_channels(shape.k);
  const std::vector<std::int64_t> inputs = sampled_channels(shape.c);
  const Conv2dCase by_filter = with_filters(data, filters);
  expect_equal(select(run_forward<Backend>(data), shape.k, 1, filters),
               rounded_to<Activation>(run_forward<Oracle>(by_filter)), "y");
  expect_equal(select(run_dgrad<Backend>(data), shape.c, 1, inputs),
               rounded_to<Activation>(run_dgrad<Oracle>(with_input_channels(data, inputs))), "dx");
  expect_equal(select(run_wgrad<Backend>(data), shape.k, shape.filter_elements() / shape.k, filters),
               rounded_to<typename Backend::FilterGradient>(run_wgrad<Oracle>(by_filter)), "dw");
}

template <class Backend>
class Conv2d : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Conv2d, ConvBackends, BackendNames);

// One pixel is 1 in one channel: y must be that channel's filter taps, laid out backwards around it. This fixes what
// forward means (cross-correlation, not convolution; rows before columns) by index arithmetic of its own.
TYPED_TEST(Conv2d, ForwardOfAnImpulseIsTheFilter) {
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    Conv2dCase data = integer_conv2d_case(shape, 9);
    RandomValues random(10);
    const std::int64_t n = random.integer(0, shape.n - 1);
    const std::int64_t h = random.integer(0, shape.h - 1);
    const std::int64_t w = random.integer(0, shape.w - 1);
    const std::int64_t c = random.integer(0, shape.c - 1);
    std::fill(data.x.begin(), data.x.end(), 0.0);
    data.x[static_cast<std::size_t>(((n * shape.h + h) * shape.w + w) * shape.c + c)] = 1;

    std::vector<double> wanted(static_cast<std::size_t>(shape.y_shape().elements()), 0.0);
    for (std::int64_t i = 0; i < shape.p() * shape.q() * shape.k; ++i) {
      const std::int64_t k = i % shape.k;
      const std::int64_t r = h + shape.pad - i / (shape.k * shape.q()) * shape.stride;
      const std::int64_t s = w + shape.pad - i / shape.k % shape.q() * shape.stride;
      if (r < 0 || r >= shape.r || s < 0 || s >= shape.r) continue;
      wanted[static_cast<std::size_t>(n * shape.p() * shape.q() * shape.k + i)] =
          data.w[static_cast<std::size_t>(((k * shape.r + r) * shape.r + s) * shape.c + c)];
    }
    expect_equal(run_forward<TypeParam>(data), wanted, "y");
  }
}

TYPED_TEST(Conv2d, RoundsWithinBoundsOnTheNetworksShapes) {
  for (const std::int64_t n : kBatches) {
    for (const Conv2dShape& shape : resnet18_convolutions(n)) {
      SCOPED_TRACE(to_string(shape));
      expect_rounding_only<TypeParam>(real_conv2d_case<typename TypeParam::Context::activation_t>(shape, 1));
    }
  }
}

TYPED_TEST(Conv2d, RoundsWithinBoundsOnOddShapes) {
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    expect_rounding_only<TypeParam>(real_conv2d_case<typename TypeParam::Context::activation_t>(shape, 2));
  }
}

TYPED_TEST(Conv2d, IsExactOnIntegersOfTheNetworksShapes) {
  for (const std::int64_t n : kBatches) {
    for (const Conv2dShape& shape : resnet18_convolutions(n)) {
      SCOPED_TRACE(to_string(shape));
      expect_exact<TypeParam>(integer_conv2d_case(shape, 3));
    }
  }
}

TYPED_TEST(Conv2d, IsExactOnIntegersOfOddShapes) {
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    expect_exact<TypeParam>(integer_conv2d_case(shape, 4));
  }
}

TYPED_TEST(Conv2d, DgradAddsToWhatIsThere) {
  using C = typename TypeParam::Context;
  using Activation = typename C::activation_t;
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<Activation>(shape, 5);
    const std::vector<double> before = rounded_to<Activation>(RandomValues(6).reals(shape.x_shape().elements()));
    expect_within(run_dgrad_add<TypeParam>(data, before), run_dgrad_add<Oracle>(data, before),
                  dot_bounds<C, Activation>(shape.r * shape.s() * shape.k + 1,
                                            run_dgrad_add<Oracle>(magnitudes_of(data), magnitudes(before))),
                  "dx");
  }
}

// On integers adding is exact, and what is stored is rounded once, after it.
TYPED_TEST(Conv2d, DgradAddsBeforeItRounds) {
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = integer_conv2d_case(shape, 11);
    const std::vector<double> before = RandomValues(12).small_integers(shape.x_shape().elements());
    const std::vector<double> wanted = run_dgrad_add<Oracle>(data, before);
    expect_equal(run_dgrad_add<TypeParam>(data, before), rounded_to<typename TypeParam::Context::activation_t>(wanted),
                 "dx");
  }
}

// <y, dy> = <w, dw> = <x, dx>: all three are the sum of x w dy over all taps. Each inner product carries the errors of
// its op's outputs, each within gamma_n of its own sum of magnitudes, so all within gamma_n of sum |x||w||dy|.
TYPED_TEST(Conv2d, PassesAreAdjoint) {
  using C = typename TypeParam::Context;
  using Activation = typename C::activation_t;
  for (const Conv2dShape& shape : odd_convolutions()) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<Activation>(shape, 7);
    const double by_y = inner_product(run_forward<TypeParam>(data), data.dy);
    const double by_x = inner_product(run_dgrad<TypeParam>(data), data.x);
    const double by_w = inner_product(run_wgrad<TypeParam>(data), data.w);
    const double magnitude = inner_product(run_forward<Oracle>(magnitudes_of(data)), magnitudes(data.dy));
    const std::int64_t taps = shape.r * shape.s();
    const double y_bound = dot_bound<C, Activation>(taps * shape.c, magnitude);
    const double x_bound = dot_bound<C, Activation>(taps * shape.k, magnitude);
    const double w_bound = dot_bound<C, typename TypeParam::FilterGradient>(shape.y_shape().pixels(), magnitude);
    EXPECT_NEAR(by_y, by_x, y_bound + x_bound);
    EXPECT_NEAR(by_y, by_w, y_bound + w_bound);
  }
}

TYPED_TEST(Conv2d, PartialBatchCountsOnlyItsImages) {
  for (const Conv2dShape& full : {Conv2dShape{5, 6, 5, 4, 9, 3, 1, 1}, Conv2dShape{4, 7, 4, 8, 16, 3, 2, 1}}) {
    SCOPED_TRACE(to_string(full));
    Conv2dShape shape = full;
    shape.n = 3;
    const Conv2dCase alone = integer_conv2d_case(shape, 8);
    Conv2dCase padded = alone;
    padded.shape = full;
    padded.x.resize(static_cast<std::size_t>(full.x_shape().elements()));
    padded.dy.resize(static_cast<std::size_t>(full.y_shape().elements()));
    if (!TypeParam::kPartialBatches) {
      expect_error(ErrorCode::kInternal, "conv2d_forward", [&] { run_forward<TypeParam>(padded); });
      expect_error(ErrorCode::kInternal, "conv2d_dgrad", [&] { run_dgrad<TypeParam>(padded); });
      expect_error(ErrorCode::kInternal, "conv2d_wgrad", [&] { run_wgrad<TypeParam>(padded); });
      continue;
    }
    std::vector<double> y = run_forward<TypeParam>(alone);
    std::vector<double> dx = run_dgrad<TypeParam>(alone);
    y.resize(static_cast<std::size_t>(full.y_shape().elements()));
    dx.resize(static_cast<std::size_t>(full.x_shape().elements()));
    expect_equal(run_forward<TypeParam>(padded), y, "y");
    expect_equal(run_dgrad<TypeParam>(padded), dx, "dx");
    expect_equal(run_wgrad<TypeParam>(padded), run_wgrad<TypeParam>(alone), "dw");
  }
}

TYPED_TEST(Conv2d, RefusesViewsThatDoNotFit) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const Conv2dShape shape{2, 5, 4, 3, 7, 3, 1, 1};
  const ActivationArray<C> a(context, 1000);
  const ParamArray<C> dw(context, shape.filter_elements());
  const auto x = a.activation(shape.x_shape(), shape.n);
  const auto y = a.activation(shape.y_shape(), shape.n);
  const auto w = a.view().subview(0, shape.filter_elements());
  const auto narrow = a.activation({2, 5, 4, 6}, 2);
  const auto few = a.view().subview(0, shape.filter_elements() - 1);

  expect_error(ErrorCode::kInternal, "x has shape [2, 5, 4, 7], wanted [2, 5, 4, 3]",
               [&] { conv2d_forward(context, shape, y, w, y); });
  expect_error(ErrorCode::kInternal, "w has 188 elements, wanted 189",
               [&] { conv2d_forward(context, shape, x, few, y); });
  expect_error(ErrorCode::kInternal, "y has shape [2, 5, 4, 6], wanted [2, 5, 4, 7]",
               [&] { conv2d_forward(context, shape, x, w, narrow); });
  expect_error(ErrorCode::kInternal, "dx has shape",
               [&] { conv2d_dgrad(context, shape, y, w, y, Accumulate::kAssign); });
  expect_error(ErrorCode::kInternal, "dy has shape",
               [&] { conv2d_dgrad(context, shape, narrow, w, x, Accumulate::kAssign); });
  expect_error(ErrorCode::kInternal, "w has 188 elements",
               [&] { conv2d_dgrad(context, shape, y, few, x, Accumulate::kAssign); });
  expect_error(ErrorCode::kInternal, "x has shape", [&] { conv2d_wgrad(context, shape, y, y, dw); });
  expect_error(ErrorCode::kInternal, "dy has shape", [&] { conv2d_wgrad(context, shape, x, narrow, dw); });
  expect_error(ErrorCode::kInternal, "dw has 188 elements",
               [&] { conv2d_wgrad(context, shape, x, y, dw.view().subview(0, 188)); });
}

}  // namespace
}  // namespace kindling
