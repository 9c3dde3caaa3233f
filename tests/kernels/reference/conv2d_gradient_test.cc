// Central differences prove the reference's dgrad and wgrad to be the gradients of its forward pass.
#include <gtest/gtest.h>

#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/finite_difference.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

Conv2dShape random_shape(RandomValues& random, std::int64_t r, std::int64_t stride, std::int64_t pad) {
  return {.n = random.integer(1, 3),
          .h = random.integer(1, 9),
          .w = random.integer(1, 9),
          .c = random.integer(1, 6),
          .k = random.integer(1, 6),
          .r = r,
          .stride = stride,
          .pad = pad};
}

// The loss is <y, dy> with dy constant.
void prove(std::int64_t r, std::int64_t stride, std::int64_t pad) {
  RandomValues random(static_cast<std::uint64_t>(10 * r + stride));
  for (int trial = 0; trial < 25; ++trial) {
    const Conv2dShape shape = random_shape(random, r, stride, pad);
    SCOPED_TRACE(to_string(shape));
    const Conv2dCase data = real_conv2d_case<double>(shape, static_cast<std::uint64_t>(trial));
    const auto loss = [&](const std::vector<double>& x, const std::vector<double>& w) {
      Conv2dCase moved = data;
      moved.x = x;
      moved.w = w;
      return inner_product(run_forward<Oracle>(moved), data.dy);
    };
    EXPECT_LT(gradient_error([&](const auto& x) { return loss(x, data.w); }, data.x, run_dgrad<Oracle>(data)), 1e-7);
    EXPECT_LT(gradient_error([&](const auto& w) { return loss(data.x, w); }, data.w, run_wgrad<Oracle>(data)), 1e-7);
  }
}

TEST(Conv2dGradient, Filter3Stride1) {
  prove(3, 1, 1);
}

TEST(Conv2dGradient, Filter3Stride2) {
  prove(3, 2, 1);
}

TEST(Conv2dGradient, Filter1Stride2) {
  prove(1, 2, 0);
}

}  // namespace
}  // namespace kindling
