// Central differences prove the reference's pool, linear layer and loss.
#include <gtest/gtest.h>

#include "tests/support/backends.h"
#include "tests/support/finite_difference.h"
#include "tests/support/head_case.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

constexpr int kTrials = 25;
constexpr double kTolerance = 1e-7;

TEST(PoolGradient, GlobalAverage) {
  RandomValues random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const Shape4 shape{random.integer(1, 4), random.integer(1, 6), random.integer(1, 6), random.integer(1, 7)};
    SCOPED_TRACE(to_string(shape));
    const std::vector<double> x = random.reals(shape.elements());
    const std::vector<double> dy = random.reals(shape.n * shape.c);
    const auto loss = [&](const auto& at) { return inner_product(run_pool_forward<Oracle>(shape, shape.n, at), dy); };
    EXPECT_LT(gradient_error(loss, x, run_pool_backward<Oracle>(shape, shape.n, dy)), kTolerance);
  }
}

TEST(LinearGradient, AllInputs) {
  RandomValues random(2);
  for (int trial = 0; trial < kTrials; ++trial) {
    const LinearCase data = linear_case(random.integer(1, 5), random.integer(1, 20), random.integer(1, 12),
                                        static_cast<std::uint64_t>(trial));
    const LinearGradients gradients = run_linear_backward<Oracle>(data);
    const auto error = [&](std::vector<double> LinearCase::*input, const std::vector<double>& gradient) {
      const auto loss = [&](const std::vector<double>& values) {
        LinearCase moved = data;
        moved.*input = values;
        return inner_product(run_linear_forward<Oracle>(moved), data.dlogits);
      };
      return gradient_error(loss, data.*input, gradient);
    };
    EXPECT_LT(error(&LinearCase::x, gradients.dx), kTolerance);
    EXPECT_LT(error(&LinearCase::w, gradients.dw), kTolerance);
    EXPECT_LT(error(&LinearCase::b, gradients.db), kTolerance);
  }
}

// dlogits are the gradient of the mean loss.
void prove_loss(double label_smoothing) {
  RandomValues random(3);
  for (int trial = 0; trial < kTrials; ++trial) {
    const LossCase data =
        loss_case(random.integer(1, 9), random.integer(2, 12), label_smoothing, static_cast<std::uint64_t>(trial));
    const auto loss = [&](const std::vector<double>& logits) {
      LossCase moved = data;
      moved.logits = logits;
      return run_loss<Oracle>(moved, DlogitsInto::kNone).metrics.mean_loss();
    };
    EXPECT_LT(gradient_error(loss, data.logits, run_loss<Oracle>(data).dlogits), kTolerance);
  }
}

TEST(SoftmaxCrossEntropyGradient, HardLabels) {
  prove_loss(0);
}

TEST(SoftmaxCrossEntropyGradient, SmoothedLabels) {
  prove_loss(0.1);
}

}  // namespace
}  // namespace kindling
