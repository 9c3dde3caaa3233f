#include "kernels/input.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/core/batch.h"
#include "tests/support/backends.h"
#include "tests/support/context_array.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_values.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

template <class Backend>
class Input : public BackendTest<Backend> {};
TYPED_TEST_SUITE(Input, Backends, BackendNames);

constexpr Shape4 images_of(std::int64_t n) {
  return {n, kImageSide, kImageSide, kImageChannels};
}

TYPED_TEST(Input, UnpackKeepsEveryPixel) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  for (const std::int64_t n : {1, 3, 80}) {
    const std::vector<double> wanted = RandomValues(1).reals(n * kImageElements);
    const ContextArray<C, float> pixels(context, wanted);
    const ActivationArray<C> x(context, n * kImageElements);
    unpack_input(context, pixels, x.activation(images_of(n), n));
    std::vector<double> bounds = magnitudes(wanted);  // bf16 rounds once, float and double not at all
    for (double& bound : bounds) bound *= sizeof(typename C::activation_t) < 4 ? 0x1p-8 : 0.0;
    expect_within(x.values(), wanted, bounds, "x");
  }
}

TYPED_TEST(Input, RefusesPixelsThatDoNotFit) {
  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const ContextArray<C, float> pixels(context, 2 * kImageElements);
  const ActivationArray<C> x(context, 3 * kImageElements);
  expect_error(ErrorCode::kInternal, "pixels has 6144 elements, wanted 9216",
               [&] { unpack_input(context, pixels, x.activation(images_of(3), 3)); });
  expect_error(ErrorCode::kInternal, "x has shape [2, 16, 32, 3], wanted [2, 32, 32, 3]", [&] {
    unpack_input(context, pixels, x.activation({2, 16, 32, 3}, 2));
  });
}

}  // namespace
}  // namespace kindling
