// Convolutions in bf16 of so many images that a work item of wgrad adds up several blocks of them.

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/conv2d_sample.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <class Backend>
class CpuBf16ManyImages : public BackendTest<Backend> {};
TYPED_TEST_SUITE(CpuBf16ManyImages, Bf16Backends, BackendNames);

// On small integers sums are exact in any order. 70 images are two whole blocks and a part of one.
TYPED_TEST(CpuBf16ManyImages, AreAllCounted) {
  const Conv2dCase data = integer_conv2d_case({.n = 70, .h = 4, .w = 4, .c = 160, .k = 256}, 1);
  const std::vector<std::int64_t> filters = sampled_channels(data.shape.k);
  const Conv2dCase sample = with_filters(data, filters);
  expect_equal(select(run_wgrad<TypeParam>(data), data.shape.k, data.shape.filter_elements() / data.shape.k, filters),
               run_wgrad<Oracle>(sample), "dw");
  expect_equal(select(run_forward<TypeParam>(data), data.shape.k, 1, filters),
               rounded_to<bfloat16>(run_forward<Oracle>(sample)), "y");
}

}  // namespace
}  // namespace kindling
