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
#include "tests/support/conv2d_sample.h"
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

template <ConvAlgorithm algorithm, int threads>
struct WinogradOnThreads : Winograd<algorithm, Isa::kPortable> {
  static CpuContext<float> make() { return CpuContext<float>({.threads = threads, .conv = algorithm}); }
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

std::vector<double> wgrad_samples(const std::vector<double>& dw, const Conv2dShape& shape,
                                  const std::vector<std::int64_t>& filters) {
  return select(dw, shape.k, shape.filter_elements() / shape.k, filters);
}

// |found - wanted| / |wanted| by norms, for the test's report (--gtest_output=json:FILE).
void record_error(const std::string& name, const std::vector<double>& found, const std::vector<double>& wanted) {
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    difference += (found[i] - wanted[i]) * (found[i] - wanted[i]);
    norm += wanted[i] * wanted[i];
  }
  testing::Test::RecordProperty(name, std::to_string(1e7 * std::sqrt(difference / norm)) + "e-7");
}

void expect_rounding(const std::string& name, const std::vector<double>& found, const std::vector<double>& wanted,
                     const std::vector<double>& bounds) {
  expect_within(found, wanted, bounds, name.c_str());
  record_error(name, found, wanted);
}

template <class Backend>
void expect_rounding_only(const Conv2dCase& data) {
  const Conv2dShape& shape = data.shape;
  const std::vector<std::int64_t> filters = sampled_channels(shape.k);
  const std::vector<std::int64_t> inputs = sampled_channels(shape.c);
  const Conv2dCase by_filter = with_filters(data, filters);
  const Conv2dCase by_input = with_input_channels(data, inputs);
  const std::string of = " of " + to_string(shape);
  expect_rounding("y" + of, select(run_forward<Backend>(data), shape.k, 1, filters), run_forward<Oracle>(by_filter),
                  winograd_forward_bounds(by_filter, Backend::kOutputs));
  expect_rounding("dx" + of, select(run_dgrad<Backend>(data), shape.c, 1, inputs), run_dgrad<Oracle>(by_input),
                  winograd_forward_bounds(dgrad_as_forward(by_input), Backend::kOutputs));
  expect_rounding("dw" + of, wgrad_samples(run_wgrad<Backend>(data), shape, filters), run_wgrad<Oracle>(by_filter),
                  winograd_wgrad_bounds(by_filter, Backend::kOutputs));
}

template <class Backend>
void expect_exact(const Conv2dCase& data) {
  const Conv2dShape& shape = data.shape;
  const std::vector<std::int64_t> filters = sampled_channels(shape.k);
  const std::vector<std::int64_t> inputs = sampled_channels(shape.c);
  const Conv2dCase by_filter = with_filters(data, filters);
  expect_equal(select(run_forward<Backend>(data), shape.k, 1, filters), run_forward<Oracle>(by_filter), "y");
  expect_equal(select(run_dgrad<Backend>(data), shape.c, 1, inputs),
               run_dgrad<Oracle>(with_input_channels(data, inputs)), "dx");
  expect_equal(wgrad_samples(run_wgrad<Backend>(data), shape, filters), run_wgrad<Oracle>(by_filter), "dw");
}

template <class Backend>
class WinogradConv2d : public BackendTest<Backend> {};
using WinogradBackends = ::testing::Types<
    Winograd<ConvAlgorithm::kWinograd2, Isa::kPortable>, Winograd<ConvAlgorithm::kWinograd2, Isa::kAvx2>,
    Winograd<ConvAlgorithm::kWinograd2, Isa::kAvx512>, Winograd<ConvAlgorithm::kWinograd4, Isa::kPortable>,
    Winograd<ConvAlgorithm::kWinograd4, Isa::kAvx2>, Winograd<ConvAlgorithm::kWinograd4, Isa::kAvx512>>;
TYPED_TEST_SUITE(WinogradConv2d, WinogradBackends, BackendNames);

TYPED_TEST(WinogradConv2d, RoundsWithinBoundsOnTheNetworksShapes) {
  for (const std::int64_t n : {1, 3}) {
    for (const Conv2dShape& shape : winograd_shapes(resnet18_convolutions(n))) {
      SCOPED_TRACE(to_string(shape));
      expect_rounding_only<TypeParam>(real_conv2d_case<float>(shape, 1));
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

template <class One, class Other>
void expect_same_bits(const Conv2dCase& data, const std::vector<double>& before) {
  EXPECT_EQ(run_forward<One>(data), run_forward<Other>(data));
  EXPECT_EQ(run_dgrad_add<One>(data, before), run_dgrad_add<Other>(data, before));
  EXPECT_EQ(run_wgrad<One>(data), run_wgrad<Other>(data));
}

// Shapes that are cut into many items each way: by tiles, by channels, into slices.
template <ConvAlgorithm algorithm>
void expect_same_bits_for_any_thread_count() {
  for (const Conv2dShape& shape : {Conv2dShape{.n = 20, .h = 16, .w = 16, .c = 16, .k = 24},
                                   Conv2dShape{.n = 5, .h = 4, .w = 4, .c = 256, .k = 256},
                                   Conv2dShape{.n = 9, .h = 9, .w = 7, .c = 33, .k = 200}}) {
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<float>(shape, 9);
    const std::vector<double> before = RandomValues(10).reals(shape.x_shape().elements());
    using One = WinogradOnThreads<algorithm, 1>;
    expect_same_bits<One, WinogradOnThreads<algorithm, 2>>(data, before);
    expect_same_bits<One, WinogradOnThreads<algorithm, 3>>(data, before);
    expect_same_bits<One, WinogradOnThreads<algorithm, 4>>(data, before);
    expect_same_bits<One, WinogradOnThreads<algorithm, 8>>(data, before);
  }
}

TEST(WinogradThreads, SameBitsForAnyThreadCount) {
  expect_same_bits_for_any_thread_count<ConvAlgorithm::kWinograd2>();
  expect_same_bits_for_any_thread_count<ConvAlgorithm::kWinograd4>();
}

}  // namespace
}  // namespace kindling
