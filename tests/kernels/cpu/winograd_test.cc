// Winograd's convolutions on the CPU: each has an error bound of its own (tests/support/winograd_bound.h), and F(2x2,
// 3x3), whose coefficients are powers of two, is exact on small integers.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernels/cpu/conv2d_algorithm.h"
#include "kernels/cpu/cpu_context.h"
#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/conv2d_inference_case.h"
#include "tests/support/conv2d_sample.h"
#include "tests/support/finite_difference.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"
#include "tests/support/winograd_bound.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <ConvAlgorithm algorithm, Isa isa_of>
struct Winograd : CpuBackend<float, isa_of> {
  static constexpr Isa kIsa = isa_of;
  static constexpr ConvAlgorithm kAlgorithm = algorithm;
  static constexpr std::int64_t kOutputs = algorithm == ConvAlgorithm::kWinograd2 ? 2 : 4;
  static CpuContext<float> make() { return CpuContext<float>({.threads = 3, .conv = algorithm, .isa = isa_of}); }
  static std::string name() { return std::string(name_of(algorithm)) + "_" + name_of(isa_of); }
};

// Those that Winograd computes: the others are direct's.
std::vector<Conv2dShape> winograd_shapes(std::vector<Conv2dShape> shapes) {
  std::erase_if(shapes, [](const Conv2dShape& shape) {
    return algorithm_for(ConvAlgorithm::kWinograd2, shape) == ConvAlgorithm::kDirect;
  });
  return shapes;
}

// More tiles, source channels or target channels than one block has, with tails: see WinogradPlan.
std::vector<Conv2dShape> blocked_shapes() {
  return {{.n = 40, .h = 9, .w = 7, .c = 33, .k = 100},
          {.n = 150, .h = 5, .w = 4, .c = 20, .k = 9},
          {.n = 5, .h = 4, .w = 4, .c = 200, .k = 40},
          {.n = 3, .h = 6, .w = 6, .c = 140, .k = 300}};
}

// The outputs of the three passes that are compared: see sampled_channels.
struct Outputs {
  std::vector<double> y;
  std::vector<double> dx;
  std::vector<double> dw;
};

template <class Backend>
Outputs sampled_outputs(const Conv2dCase& data) {
  const Conv2dShape& shape = data.shape;
  const std::vector<std::int64_t> filters = sampled_channels(shape.k);
  return {select(run_forward<Backend>(data), shape.k, 1, filters),
          select(run_dgrad<Backend>(data), shape.c, 1, sampled_channels(shape.c)),
          select(run_wgrad<Backend>(data), shape.k, shape.filter_elements() / shape.k, filters)};
}

// The oracle computes no more than the sample.
Outputs wanted_outputs(const Conv2dCase& data) {
  const Conv2dCase by_filter = with_filters(data, sampled_channels(data.shape.k));
  return {run_forward<Oracle>(by_filter), run_dgrad<Oracle>(with_input_channels(data, sampled_channels(data.shape.c))),
          run_wgrad<Oracle>(by_filter)};
}

template <class Backend>
void expect_rounding_only(const Conv2dCase& data) {
  const Conv2dCase by_filter = with_filters(data, sampled_channels(data.shape.k));
  const Conv2dCase by_input = with_input_channels(data, sampled_channels(data.shape.c));
  const Outputs found = sampled_outputs<Backend>(data);
  const Outputs wanted = wanted_outputs(data);
  expect_within(found.y, wanted.y, winograd_forward_bounds(by_filter, Backend::kOutputs), "y");
  expect_within(found.dx, wanted.dx, winograd_forward_bounds(dgrad_as_forward(by_input), Backend::kOutputs), "dx");
  expect_within(found.dw, wanted.dw, winograd_wgrad_bounds(by_filter, Backend::kOutputs), "dw");
}

template <class Backend>
void expect_exact(const Conv2dCase& data) {
  const Outputs found = sampled_outputs<Backend>(data);
  const Outputs wanted = wanted_outputs(data);
  expect_equal(found.y, wanted.y, "y");
  expect_equal(found.dx, wanted.dx, "dx");
  expect_equal(found.dw, wanted.dw, "dw");
}

// |found - wanted| / |wanted| by norms.
double relative_error(const std::vector<double>& found, const std::vector<double>& wanted) {
  double difference = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) difference += std::pow(found[i] - wanted[i], 2);
  return std::sqrt(difference / inner_product(wanted, wanted));
}

// For the test's report (--gtest_output=json:FILE) and docs/NUMERICS.md.
template <class Backend>
void record_errors(const std::string& name, const Conv2dCase& data) {
  const Outputs found = sampled_outputs<Backend>(data);
  const Outputs wanted = wanted_outputs(data);
  const auto text = [](double error) { return std::to_string(1e7 * error) + "e-7"; };
  testing::Test::RecordProperty(name + " " + to_string(data.shape), text(relative_error(found.y, wanted.y)) + " " +
                                                                        text(relative_error(found.dx, wanted.dx)) +
                                                                        " " +
                                                                        text(relative_error(found.dw, wanted.dw)));
}

template <class Backend>
class WinogradConv2d : public BackendTest<Backend> {};
using WinogradBackends = ::testing::Types<
    Winograd<ConvAlgorithm::kWinograd2, Isa::kPortable>, Winograd<ConvAlgorithm::kWinograd2, Isa::kAvx2>,
    Winograd<ConvAlgorithm::kWinograd2, Isa::kAvx512>, Winograd<ConvAlgorithm::kWinograd4, Isa::kPortable>,
    Winograd<ConvAlgorithm::kWinograd4, Isa::kAvx2>, Winograd<ConvAlgorithm::kWinograd4, Isa::kAvx512>>;
TYPED_TEST_SUITE(WinogradConv2d, WinogradBackends, BackendNames);

TYPED_TEST(WinogradConv2d, InferenceHasTheBitsOfTwoPasses) {
  expect_inference_has_the_bits_of_two_passes<TypeParam>(winograd_shapes(odd_convolutions()), 21);
  expect_inference_has_the_bits_of_two_passes<TypeParam>(blocked_shapes(), 22);
}

TYPED_TEST(WinogradConv2d, RoundsWithinBoundsOnTheNetworksShapes) {
  for (const std::int64_t n : {1, 3}) {
    for (const Conv2dShape& shape : winograd_shapes(resnet18_convolutions(n))) {
      SCOPED_TRACE(to_string(shape));
      const Conv2dCase data = real_conv2d_case<float>(shape, 1);
      expect_rounding_only<TypeParam>(data);
      if (n != 3) continue;
      record_errors<TypeParam>(TypeParam::name(), data);
      record_errors<CpuBackend<float, TypeParam::kIsa>>("direct", data);
    }
  }
}

TYPED_TEST(WinogradConv2d, RoundsWithinBoundsOnOddShapes) {
  for (const Conv2dShape& shape : winograd_shapes(odd_convolutions())) {
    SCOPED_TRACE(to_string(shape));
    expect_rounding_only<TypeParam>(real_conv2d_case<float>(shape, 2));
  }
}

TYPED_TEST(WinogradConv2d, RoundsWithinBoundsOnShapesOfManyBlocks) {
  for (const Conv2dShape& shape : blocked_shapes()) {
    SCOPED_TRACE(to_string(shape));
    expect_rounding_only<TypeParam>(real_conv2d_case<float>(shape, 3));
  }
}

TYPED_TEST(WinogradConv2d, TwoByTwoIsExactOnIntegers) {
  if (TypeParam::kAlgorithm == ConvAlgorithm::kWinograd4) GTEST_SKIP() << "its coefficients are not";
  std::vector<Conv2dShape> shapes = winograd_shapes(odd_convolutions());
  for (const Conv2dShape& shape : blocked_shapes()) shapes.push_back(shape);
  for (const Conv2dShape& shape : shapes) {
    SCOPED_TRACE(to_string(shape));
    expect_exact<TypeParam>(integer_conv2d_case(shape, 4));
  }
}

TYPED_TEST(WinogradConv2d, DgradAddsToWhatIsThere) {
  for (const Conv2dShape& shape : winograd_shapes(odd_convolutions())) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<float>(shape, 5);
    const std::vector<double> before = RandomValues(6).reals(shape.x_shape().elements());
    // One rounding more, of a sum whose other term is `before`.
    std::vector<double> bounds = winograd_forward_bounds(dgrad_as_forward(data), TypeParam::kOutputs);
    const std::vector<double> wanted = run_dgrad_add<Oracle>(data, before);
    for (std::size_t i = 0; i < bounds.size(); ++i)
      bounds[i] += kUnitRoundoff<float> * (std::abs(wanted[i]) + bounds[i]);
    expect_within(run_dgrad_add<TypeParam>(data, before), wanted, bounds, "dx");
  }
}

// Else all of this would test direct convolution.
TYPED_TEST(WinogradConv2d, IsNotDirect) {
  const Conv2dShape shape{.n = 2, .h = 9, .w = 10, .c = 20, .k = 24};
  const Conv2dCase data = real_conv2d_case<float>(shape, 7);
  using Direct = CpuBackend<float, TypeParam::kIsa>;
  EXPECT_NE(run_forward<TypeParam>(data), run_forward<Direct>(data));
  EXPECT_NE(run_dgrad<TypeParam>(data), run_dgrad<Direct>(data));
  EXPECT_NE(run_wgrad<TypeParam>(data), run_wgrad<Direct>(data));
}

TYPED_TEST(WinogradConv2d, LeavesOtherShapesToDirect) {
  using Direct = CpuBackend<float, TypeParam::kIsa>;
  for (const Conv2dShape& shape : {Conv2dShape{.n = 2, .h = 9, .w = 8, .c = 3, .k = 24},
                                   Conv2dShape{.n = 2, .h = 9, .w = 8, .c = 8, .k = 8, .stride = 2},
                                   Conv2dShape{.n = 2, .h = 9, .w = 8, .c = 8, .k = 8, .r = 5, .pad = 2},
                                   Conv2dShape{.n = 2, .h = 9, .w = 8, .c = 8, .k = 8, .pad = 3}}) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<float>(shape, 8);
    EXPECT_EQ(run_forward<TypeParam>(data), run_forward<Direct>(data));
    EXPECT_EQ(run_dgrad<TypeParam>(data), run_dgrad<Direct>(data));
    EXPECT_EQ(run_wgrad<TypeParam>(data), run_wgrad<Direct>(data));
  }
}

TEST(ConvAlgorithmFor, AutoChoosesByShape) {
  for (const Conv2dShape& shape : resnet18_convolutions(128)) {
    const bool winograd = shape.r == 3 && shape.stride == 1 && shape.c > 3;
    EXPECT_EQ(algorithm_for(ConvAlgorithm::kAuto, shape), winograd ? ConvAlgorithm::kWinograd2 : ConvAlgorithm::kDirect)
        << to_string(shape);
    EXPECT_EQ(algorithm_for(ConvAlgorithm::kDirect, shape), ConvAlgorithm::kDirect) << to_string(shape);
  }
  EXPECT_EQ(algorithm_for(ConvAlgorithm::kAuto, {.n = 1, .h = 8, .w = 8, .c = 31, .k = 64}), ConvAlgorithm::kDirect);
  EXPECT_EQ(algorithm_for(ConvAlgorithm::kWinograd4, {.n = 1, .h = 8, .w = 8, .c = 31, .k = 64}),
            ConvAlgorithm::kWinograd4);
}

}  // namespace
}  // namespace kindling
