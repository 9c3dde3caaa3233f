#include "kernels/conv2d_inference.h"

#include <gtest/gtest.h>

#include <iterator>
#include <vector>

#include "tests/support/backends.h"
#include "tests/support/conv2d_inference_case.h"
#include "tests/support/expect_error.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <class Backend>
class Conv2dInference : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Conv2dInference, ConvBackends, BackendNames);

TYPED_TEST(Conv2dInference, HasTheBitsOfTwoPassesOnOddShapes) {
  expect_inference_has_the_bits_of_two_passes<TypeParam>(odd_convolutions(), 1);
}

// More channels than a tile has, in each form.
TYPED_TEST(Conv2dInference, HasTheBitsOfTwoPassesOnManyChannels) {
  const std::vector<Conv2dShape> shapes(std::size(kDeferredForms), {.n = 3, .h = 3, .w = 4, .c = 20, .k = 130});
  expect_inference_has_the_bits_of_two_passes<TypeParam>(shapes, 2);
}

TYPED_TEST(Conv2dInference, RefusesWhatDoesNotFit) {
  const Conv2dShape shape{.n = 2, .h = 4, .w = 5, .c = 3, .k = 8};
  const Conv2dCase data = integer_conv2d_case(shape, 3);
  const DeferredCase good = deferred_case(shape.y_shape(), {false, true, false, true}, 4);
  DeferredCase bad = good;
  bad.residual.assign(static_cast<std::size_t>(shape.x_shape().elements()), 1.0);
  bad.shape = shape.x_shape();
  expect_error(ErrorCode::kInternal, "materialize", [&] { run_inference<TypeParam>(data, bad); });
  bad = good;
  bad.residual.clear();
  bad.scale.assign(3, 1.0);
  bad.shift.assign(3, 1.0);
  expect_error(ErrorCode::kInternal, "materialize", [&] { run_inference<TypeParam>(data, bad); });
}

}  // namespace
}  // namespace kindling
