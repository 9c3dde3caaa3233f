#include "kernels/core/check.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/expect_error.h"

namespace kindling {
namespace {

using test::expect_error;

constexpr OpCheck kCheck("an_op");

class OpCheckTest : public ::testing::Test {
 protected:
  std::vector<float> memory_ = std::vector<float>(24);
  ActivationView<HostSpace, float> x_{memory_.data(), {2, 2, 2, 3}};
  HostView<float> w_{memory_.data(), 10};
};

TEST_F(OpCheckTest, LetsPassWhatFits) {
  kCheck.dense("x", x_, {2, 2, 2, 3});
  kCheck.size("w", w_, 10);
  kCheck.optional_size("w", w_, 10);
  kCheck.optional_size("w", HostView<float>{}, 10);
  kCheck.size("w", HostView<float>{}, 0);
  kCheck.positive("classes", 1);
  kCheck.convolution({.n = 1, .h = 1, .w = 1, .c = 1, .k = 1});
  x_.valid_n = 1;
  kCheck.activation("x", x_, {2, 2, 2, 3}, 1);
}

TEST_F(OpCheckTest, NamesOpTensorFoundAndWanted) {
  expect_error(ErrorCode::kInternal, "internal error: an_op: x has shape [2, 2, 2, 3], wanted [2, 2, 2, 4]", [&] {
    kCheck.dense("x", x_, {2, 2, 2, 4});
  });
  expect_error(ErrorCode::kInternal, "internal error: an_op: w has 10 elements, wanted 9",
               [&] { kCheck.size("w", w_, 9); });
  expect_error(ErrorCode::kInternal, "an_op: w has 10 elements, wanted 11", [&] { kCheck.optional_size("w", w_, 11); });
  expect_error(ErrorCode::kInternal, "an_op: classes is 0, wanted at least 1", [&] { kCheck.positive("classes", 0); });
}

TEST_F(OpCheckTest, RefusesPartialAndPaddedActivations) {
  x_.valid_n = 1;
  expect_error(ErrorCode::kInternal, "x has 1 valid images, wanted 2", [&] { kCheck.dense("x", x_, x_.shape); });
  x_.valid_n = 3;
  expect_error(ErrorCode::kInternal, "valid images", [&] { kCheck.activation("x", x_, x_.shape, 3); });
  x_.valid_n = 2;
  x_.valid_c = 2;
  expect_error(ErrorCode::kInternal, "x has 2 valid channels, wanted 3", [&] { kCheck.dense("x", x_, x_.shape); });
}

TEST_F(OpCheckTest, RefusesViewsWithoutMemory) {
  x_.data = nullptr;
  expect_error(ErrorCode::kInternal, "x has no memory", [&] { kCheck.dense("x", x_, x_.shape); });
  expect_error(ErrorCode::kInternal, "w has no memory", [&] { kCheck.size("w", HostView<float>{nullptr, 10}, 10); });
}

TEST_F(OpCheckTest, RefusesConvolutionsThatHaveNoOutput) {
  const Conv2dShape good{.n = 1, .h = 2, .w = 2, .c = 1, .k = 1, .r = 3, .stride = 1, .pad = 1};
  for (auto extent : {&Conv2dShape::n, &Conv2dShape::h, &Conv2dShape::w, &Conv2dShape::c, &Conv2dShape::k,
                      &Conv2dShape::r, &Conv2dShape::stride}) {
    Conv2dShape bad = good;
    bad.*extent = 0;
    expect_error(ErrorCode::kInternal, "shape is n", [&] { kCheck.convolution(bad); });
  }
  Conv2dShape bad = good;
  bad.pad = -1;
  expect_error(ErrorCode::kInternal, "shape is n", [&] { kCheck.convolution(bad); });
  bad.pad = 0;  // a 3x3 filter on a 2x2 image
  expect_error(ErrorCode::kInternal, "n1 2x2x1 k1 r3 s1 p0", [&] { kCheck.convolution(bad); });
}

}  // namespace
}  // namespace kindling
