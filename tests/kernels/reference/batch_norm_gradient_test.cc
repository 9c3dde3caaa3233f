// Central differences prove the reference's batch norm, alone and as it stands in a residual block.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/activation_case.h"
#include "tests/support/backends.h"
#include "tests/support/batch_norm_case.h"
#include "tests/support/finite_difference.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

constexpr int kTrials = 25;
constexpr double kTolerance = 1e-6;

// At least 8 values per channel: with 2 the normalised values are +-1 whatever x is, and there is no gradient to see.
Shape4 random_shape(RandomValues& random) {
  return {random.integer(2, 3), random.integer(2, 4), random.integer(2, 3), random.integer(1, 3)};
}

// y = f(batch_norm(x) + residual); residual may be empty.
DeferredCase deferred(const BatchNormCase& data, const BatchNormState& state, const std::vector<double>& residual,
                      bool relu) {
  return {.shape = data.shape,
          .valid_n = data.valid_n,
          .raw = data.x,
          .scale = state.scale,
          .shift = state.shift,
          .residual = residual,
          .residual_scale = {},
          .residual_shift = {},
          .relu = relu};
}

std::vector<double> training_forward(const BatchNormCase& data, const std::vector<double>& residual, bool relu) {
  return run_materialize<Oracle>(deferred(data, run_statistics<Oracle>(data), residual, relu));
}

// A copy of the case with one of its inputs replaced.
BatchNormCase with(BatchNormCase data, std::vector<double> BatchNormCase::*input, const std::vector<double>& values) {
  data.*input = values;
  return data;
}

void prove_training(const BatchNormCase& data, const std::vector<double>& residual, bool relu, std::uint64_t seed) {
  const std::vector<double> dy = RandomValues(seed).reals(data.shape.elements());
  const BatchNormState state = run_statistics<Oracle>(data);
  const std::vector<double> y = run_materialize<Oracle>(deferred(data, state, residual, relu));
  const BatchNormGradients gradients =
      run_backward<Oracle>(data, {dy, relu ? y : std::vector<double>{}, state.saved_mean, state.saved_inv_std});

  const auto loss_by = [&](std::vector<double> BatchNormCase::*input) {
    return [&, input](const std::vector<double>& values) {
      return inner_product(training_forward(with(data, input, values), residual, relu), dy);
    };
  };
  EXPECT_LT(gradient_error(loss_by(&BatchNormCase::x), data.x, gradients.dx), kTolerance);
  EXPECT_LT(gradient_error(loss_by(&BatchNormCase::gamma), data.gamma, gradients.dgamma), kTolerance);
  EXPECT_LT(gradient_error(loss_by(&BatchNormCase::beta), data.beta, gradients.dbeta), kTolerance);
  if (residual.empty()) return;
  const auto loss_by_residual = [&](const std::vector<double>& values) {
    return inner_product(training_forward(data, values, relu), dy);
  };
  EXPECT_LT(gradient_error(loss_by_residual, residual, gradients.dresidual), kTolerance);
}

TEST(BatchNormGradient, Training) {
  RandomValues random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const BatchNormCase data = batch_norm_case(random_shape(random), static_cast<std::uint64_t>(trial));
    SCOPED_TRACE(to_string(data.shape));
    prove_training(data, {}, false, static_cast<std::uint64_t>(trial));
  }
}

TEST(BatchNormGradient, TrainingAddRelu) {
  RandomValues random(2);
  for (int trial = 0; trial < kTrials; ++trial) {
    const Shape4 shape = random_shape(random);
    SCOPED_TRACE(to_string(shape));
    BatchNormCase data;
    std::vector<double> residual;
    std::vector<double> before_relu;
    do {
      data = batch_norm_case(shape, static_cast<std::uint64_t>(random.integer(0, 1 << 30)));
      residual = random.reals(shape.elements());
      before_relu = training_forward(data, residual, false);
    } while (near_kink(before_relu, FiniteDifference{}.h));
    prove_training(data, residual, true, static_cast<std::uint64_t>(trial));
  }
}

// The block with a projection: y = relu(batch_norm(x) + batch_norm(shortcut)); the second batch norm takes the first
// one's dresidual.
TEST(BatchNormGradient, TrainingAddNormalisedShortcutRelu) {
  RandomValues random(3);
  for (int trial = 0; trial < kTrials; ++trial) {
    const Shape4 shape = random_shape(random);
    SCOPED_TRACE(to_string(shape));
    BatchNormCase main;
    BatchNormCase shortcut;
    const auto forward = [&](const std::vector<double>& shortcut_x, bool relu) {
      DeferredCase block = deferred(main, run_statistics<Oracle>(main), shortcut_x, relu);
      const BatchNormState state = run_statistics<Oracle>(with(shortcut, &BatchNormCase::x, shortcut_x));
      block.residual_scale = state.scale;
      block.residual_shift = state.shift;
      return run_materialize<Oracle>(block);
    };
    do {
      main = batch_norm_case(shape, static_cast<std::uint64_t>(random.integer(0, 1 << 30)));
      shortcut = batch_norm_case(shape, static_cast<std::uint64_t>(random.integer(0, 1 << 30)));
    } while (near_kink(forward(shortcut.x, false), FiniteDifference{}.h));

    const std::vector<double> dy = random.reals(shape.elements());
    const BatchNormState main_state = run_statistics<Oracle>(main);
    const BatchNormState shortcut_state = run_statistics<Oracle>(shortcut);
    const std::vector<double> dresidual =
        run_backward<Oracle>(main, {dy, forward(shortcut.x, true), main_state.saved_mean, main_state.saved_inv_std})
            .dresidual;
    const std::vector<double> dx =
        run_backward<Oracle>(shortcut, {dresidual, {}, shortcut_state.saved_mean, shortcut_state.saved_inv_std}).dx;
    const auto loss = [&](const std::vector<double>& x) { return inner_product(forward(x, true), dy); };
    EXPECT_LT(gradient_error(loss, shortcut.x, dx), kTolerance);
  }
}

// There is no backward op for inference; what is proven is that scale and shift depend on all five inputs as
// y = gamma (x - running_mean) / sqrt(running_var + eps) + beta does, with its derivatives written out here.
TEST(BatchNormGradient, Inference) {
  RandomValues random(4);
  for (int trial = 0; trial < kTrials; ++trial) {
    const Shape4 shape = random_shape(random);
    SCOPED_TRACE(to_string(shape));
    const BatchNormCase data = batch_norm_case(shape, static_cast<std::uint64_t>(trial));
    const std::vector<double> dy = random.reals(shape.elements());
    std::vector<double> dx(data.x.size());
    BatchNormCase gradient;  // of the parameters
    for (auto* values : {&gradient.gamma, &gradient.beta, &gradient.running_mean, &gradient.running_var}) {
      values->resize(static_cast<std::size_t>(shape.c));
    }
    for (std::size_t i = 0; i < data.x.size(); ++i) {
      const std::size_t c = i % static_cast<std::size_t>(shape.c);
      const double inv_std = 1 / std::sqrt(data.running_var[c] + data.eps);
      const double centred = data.x[i] - data.running_mean[c];
      dx[i] = dy[i] * data.gamma[c] * inv_std;
      gradient.gamma[c] += dy[i] * centred * inv_std;
      gradient.beta[c] += dy[i];
      gradient.running_mean[c] -= dx[i];
      gradient.running_var[c] -= dx[i] * centred * inv_std * inv_std / 2;
    }
    const auto check = [&](std::vector<double> BatchNormCase::*input, const std::vector<double>& wanted) {
      const auto loss = [&](const std::vector<double>& values) {
        const BatchNormCase moved = with(data, input, values);
        return inner_product(run_materialize<Oracle>(deferred(moved, run_inference<Oracle>(moved), {}, false)), dy);
      };
      EXPECT_LT(gradient_error(loss, data.*input, wanted), kTolerance);
    };
    check(&BatchNormCase::x, dx);
    check(&BatchNormCase::gamma, gradient.gamma);
    check(&BatchNormCase::beta, gradient.beta);
    check(&BatchNormCase::running_mean, gradient.running_mean);
    check(&BatchNormCase::running_var, gradient.running_var);
  }
}

}  // namespace
}  // namespace kindling
