// The network's input with more channels in memory than an image has (kernels/input.h): all convolutions of this
// backend take it, whether or not their context asks for it.

#include <gtest/gtest.h>

#include <vector>

#include "kernels/core/batch.h"
#include "kernels/input.h"
#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/expect_error.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

constexpr std::int64_t kStored = 8;

constexpr Conv2dShape kShapes[] = {
    {.n = 3, .h = 8, .w = 7, .c = 3, .k = 16},
    {.n = 2, .h = 9, .w = 8, .c = 5, .k = 70, .stride = 2},
    {.n = 2, .h = 5, .w = 4, .c = 1, .k = 3, .r = 1, .pad = 0},
};

// Rows of `channels` values, each with zeros up to kStored.
std::vector<double> padded(const std::vector<double>& values, std::int64_t channels) {
  std::vector<double> rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    rows.push_back(values[i]);
    const bool last = (static_cast<std::int64_t>(i) + 1) % channels == 0;
    if (last) rows.resize(rows.size() + static_cast<std::size_t>(kStored - channels), 0.0);
  }
  return rows;
}

template <class C>
Out<C> padded_view(const ActivationArray<C>& x, Shape4 shape) {
  const std::int64_t channels = shape.c;
  shape.c = kStored;
  return Out<C>(x.view().data(), shape, Layout::kNhwc, shape.n, channels);
}

template <class Backend>
class PaddedInput : public BackendTest<Backend> {};
TYPED_TEST_SUITE(PaddedInput, ConvBackends, BackendNames);

// Sums of small integers are exact, so that what is stored has one rounding.
TYPED_TEST(PaddedInput, GivesTheSameConvolution) {
  using C = typename TypeParam::Context;
  for (const Conv2dShape& shape : kShapes) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = integer_conv2d_case(shape, 1);
    C context = TypeParam::make();
    const ActivationArray<C> x(context, padded(data.x, shape.c));
    const ActivationArray<C> w(context, data.w);
    const ActivationArray<C> dy(context, data.dy);
    const ActivationArray<C> y(context, shape.y_shape().elements());
    const ParamArray<C> dw(context, shape.filter_elements());
    const In<C> input = padded_view<C>(x, shape.x_shape());
    conv2d_forward(context, shape, input, w, y.activation(shape.y_shape(), shape.n));
    conv2d_wgrad(context, shape, input, dy.activation(shape.y_shape(), shape.n), dw);
    expect_equal(y.values(), rounded_to<typename C::activation_t>(run_forward<Oracle>(data)), "y");
    expect_equal(dw.values(), rounded_to<typename TypeParam::FilterGradient>(run_wgrad<Oracle>(data)), "dw");
  }
}

TYPED_TEST(PaddedInput, IsUnpackedWithZerosBehindTheChannels) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  for (const std::int64_t n : {1, 3}) {
    const std::vector<double> images = RandomValues(2).reals(n * kImageElements);
    const ContextArray<C, float> pixels(context, images);
    const ActivationArray<C> x(context, n * kImageSide * kImageSide * kStored);
    unpack_input(context, pixels, padded_view<C>(x, {n, kImageSide, kImageSide, kImageChannels}));
    expect_equal(x.values(), padded(rounded_to<typename C::activation_t>(images), kImageChannels), "x");
  }
}

// bf16 on tensor cores is what gains by it.
TYPED_TEST(PaddedInput, IsAskedForWhereCudnnComputesInBf16) {
  const bool wanted = TypeParam::name() == "Cudnn_bf16";
  EXPECT_EQ(input_channels(TypeParam::make()), wanted ? kStored : kImageChannels);
}

TYPED_TEST(PaddedInput, MustHaveTheChannelsOfTheShape) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const Conv2dShape& shape = kShapes[0];
  const ActivationArray<C> a(context, 4096);
  const In<C> input = padded_view<C>(a, {shape.n, shape.h, shape.w, shape.c - 1});
  expect_error(ErrorCode::kInternal, "x has shape [3, 8, 7, 2], wanted [3, 8, 7, 3]", [&] {
    conv2d_forward(context, shape, input, a.view().subview(0, shape.filter_elements()),
                   a.activation(shape.y_shape(), shape.n));
  });
}

}  // namespace
}  // namespace kindling
