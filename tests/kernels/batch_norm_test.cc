#include "kernels/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/backends.h"
#include "tests/support/batch_norm_case.h"
#include "tests/support/expect_error.h"
#include "tests/support/rounding.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

// Per channel: means over the M values of what f makes of each element.
template <class F>
std::vector<double> channel_means(const Shape4& shape, F f) {
  std::vector<double> means(static_cast<std::size_t>(shape.c), 0.0);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    means[static_cast<std::size_t>(i % shape.c)] +=
        f(static_cast<std::size_t>(i)) / static_cast<double>(shape.pixels());
  }
  return means;
}

// How far each result may be from the oracle's. u = 2^-24 is for arithmetic in param_t, f = gamma_{M+8} of it for sums
// that a backend keeps in fp32 within tiles (a tile may hold all M values), d = gamma_{M+8} of double for what combines
// them or, in other backends, for the whole sum:
//   mean      u |mean| for rounding it; d E|x|; 3 f E|x - mean|, as the deviations from pivots within E|x - mean| of
//             their tile's mean, which are that much from mean on average, sum to at most 3 M E|x - mean|
//   var       3 d E[x^2], which covers both sum (x - mean)^2 and E[x^2] - E[x]^2 in double; 2 f var for squares of
//             deviations from pivots within a standard deviation
//   inv_std   half of var's relative error; four roundings (to float, + eps, root, division)
//   scale     inv_std's, one product (a second u covers gamma inv_std made in another order)
//   shift     scale's and mean's, product and difference
//   running   (1 - momentum) and momentum rounded, two products, one sum; M / (M - 1) three more
// None of them grows with |mean| / deviation but by single roundings of mean.
BatchNormState statistics_bounds(const BatchNormCase& data, const BatchNormState& wanted, double u) {
  const Shape4& shape = data.shape;
  const double d = gamma(shape.pixels() + 8, kUnitRoundoff<double>);
  const double f = gamma(shape.pixels() + 8, u);
  const auto channel = [&](std::size_t i) { return i % static_cast<std::size_t>(shape.c); };
  const auto deviation =
      channel_means(shape, [&](auto i) { return std::abs(data.x[i] - wanted.saved_mean[channel(i)]); });
  const auto abs_mean = channel_means(shape, [&](auto i) { return std::abs(data.x[i]); });
  const auto mean_square = channel_means(shape, [&](auto i) { return data.x[i] * data.x[i]; });
  BatchNormState bounds = wanted;
  const double m = static_cast<double>(shape.pixels());
  for (std::size_t c = 0; c < wanted.scale.size(); ++c) {
    const double mean = std::abs(wanted.saved_mean[c]);
    const double scale = std::abs(wanted.scale[c]);
    const double var_eps = 1 / (wanted.saved_inv_std[c] * wanted.saved_inv_std[c]);
    const double unbiased = var_eps * m / (m - 1);
    const double mean_bound = 1.01 * (u * mean + d * abs_mean[c] + 3 * f * deviation[c]);
    const double var_bound = 3 * d * mean_square[c] + 2 * f * var_eps;
    const double relative = var_bound / var_eps / 2 + 4 * u;
    bounds.saved_mean[c] = mean_bound;
    bounds.saved_inv_std[c] = relative * wanted.saved_inv_std[c];
    bounds.scale[c] = (relative + 2 * u) * scale;
    bounds.shift[c] = mean * bounds.scale[c] + scale * mean_bound + 3 * u * (mean * scale + std::abs(data.beta[c]));
    bounds.running_mean[c] =
        data.momentum * mean_bound + 4 * u * (std::abs(data.running_mean[c]) + data.momentum * mean);
    bounds.running_var[c] = data.momentum * (var_bound * m / (m - 1) + 3 * u * unbiased) +
                            4 * u * (data.running_var[c] + data.momentum * unbiased);
  }
  return bounds;
}

template <class Backend>
void expect_statistics(const BatchNormCase& data) {
  SCOPED_TRACE(to_string(data.shape));
  const BatchNormState found = run_statistics<Backend>(data);
  const BatchNormState wanted = run_statistics<Oracle>(data);
  const BatchNormState bounds = statistics_bounds(data, wanted, kUnitRoundoff<typename Backend::Context::param_t>);
  expect_within(found.saved_mean, wanted.saved_mean, bounds.saved_mean, "saved_mean");
  expect_within(found.saved_inv_std, wanted.saved_inv_std, bounds.saved_inv_std, "saved_inv_std");
  expect_within(found.scale, wanted.scale, bounds.scale, "scale");
  expect_within(found.shift, wanted.shift, bounds.shift, "shift");
  expect_within(found.running_mean, wanted.running_mean, bounds.running_mean, "running_mean");
  expect_within(found.running_var, wanted.running_var, bounds.running_var, "running_var");
}

// A backward problem with statistics as the forward pass saved them. Half of the y are 0.
BatchNormUpstream upstream_of(const BatchNormCase& data, std::uint64_t seed, bool relu) {
  RandomValues random(seed);
  const BatchNormState state = run_statistics<Oracle>(data);
  const auto as_float = [](double v) { return v; };
  BatchNormUpstream upstream{random.reals(data.shape.elements()),
                             {},
                             mapped(state.saved_mean, as_float),
                             mapped(state.saved_inv_std, as_float)};
  if (relu) upstream.y = mapped(random.reals(data.shape.elements()), [](double v) { return std::max(v, 0.0); });
  return upstream;
}

// u, f and d as above. xhat is two roundings from exact (x - mean is made of exact inputs, so its error is relative):
//   dbeta     f sum |dz|
//   dgamma    f sum |dz xhat|; d inv_std sum |dz| (|x| + |mean|) for any order of sums in double
//   dx        |gamma inv_std| (errors of dbeta / M and xhat dgamma / M, and eight roundings of the three terms)
BatchNormGradients backward_bounds(const BatchNormCase& data, const BatchNormUpstream& upstream,
                                   const BatchNormGradients& wanted, double u) {
  const Shape4& shape = data.shape;
  const double m = static_cast<double>(shape.pixels());
  const double d = gamma(shape.pixels() + 8, kUnitRoundoff<double>);
  const double f = gamma(shape.pixels() + 8, u);
  const auto channel = [&](std::size_t i) { return i % static_cast<std::size_t>(shape.c); };
  const auto dz = [&](std::size_t i) {
    return upstream.y.empty() || upstream.y[i] > 0 ? std::abs(upstream.dy[i]) : 0.0;
  };
  const auto xhat = [&](std::size_t i) {
    return std::abs(data.x[i] - upstream.saved_mean[channel(i)]) * upstream.saved_inv_std[channel(i)];
  };
  const auto abs_dz = channel_means(shape, dz);
  const auto abs_dz_xhat = channel_means(shape, [&](auto i) { return dz(i) * xhat(i); });
  const auto abs_dz_x = channel_means(shape, [&](auto i) {
    const double x_and_mean = std::abs(data.x[i]) + std::abs(upstream.saved_mean[channel(i)]);
    return dz(i) * x_and_mean * upstream.saved_inv_std[channel(i)];
  });
  BatchNormGradients bounds = wanted;
  for (std::size_t c = 0; c < wanted.dbeta.size(); ++c) {
    bounds.dbeta[c] = m * f * abs_dz[c];
    bounds.dgamma[c] = m * (f * abs_dz_xhat[c] + d * abs_dz_x[c]);
  }
  for (std::size_t i = 0; i < wanted.dx.size(); ++i) {
    const std::size_t c = channel(i);
    const double sums = bounds.dbeta[c] / m + xhat(i) * bounds.dgamma[c] / m;
    const double terms = dz(i) + std::abs(wanted.dbeta[c]) / m + xhat(i) * std::abs(wanted.dgamma[c]) / m;
    bounds.dx[i] = std::abs(data.gamma[c]) * upstream.saved_inv_std[c] * (sums + 8 * u * terms);
    bounds.dresidual[i] = 0;  // dz is dy or 0
  }
  return bounds;
}

template <class Backend>
void expect_backward(const BatchNormCase& data, const BatchNormUpstream& upstream,
                     BatchNormInto into = BatchNormInto::kOwn) {
  SCOPED_TRACE(to_string(data.shape));
  const BatchNormGradients found = run_backward<Backend>(data, upstream, into);
  const BatchNormGradients wanted = run_backward<Oracle>(data, upstream);
  const BatchNormGradients bounds =
      backward_bounds(data, upstream, wanted, kUnitRoundoff<typename Backend::Context::param_t>);
  expect_within(found.dgamma, wanted.dgamma, bounds.dgamma, "dgamma");
  expect_within(found.dbeta, wanted.dbeta, bounds.dbeta, "dbeta");
  expect_within(found.dx, wanted.dx, bounds.dx, "dx");
  if (into != BatchNormInto::kNoDresidual) {
    expect_within(found.dresidual, wanted.dresidual, bounds.dresidual, "dresidual");
  }
}

template <class Backend>
class BatchNorm : public BackendTest<Backend> {};
TYPED_TEST_SUITE(BatchNorm, Backends, BackendNames);

// Mean 2.5; variance 1.25 normalises, 5/3 goes into the running variance.
TYPED_TEST(BatchNorm, NormalisesWithBiasedAndRunsWithUnbiasedVariance) {
  const BatchNormCase data{.shape = {1, 2, 2, 1},
                           .valid_n = 1,
                           .x = {1, 2, 3, 4},
                           .gamma = {2},
                           .beta = {0.5},
                           .running_mean = {1},
                           .running_var = {3},
                           .eps = 0.3125,  // var + eps = 1.5625 = 1.25^2
                           .momentum = 0.25};
  const BatchNormState state = run_statistics<TypeParam>(data);
  EXPECT_FLOAT_EQ(static_cast<float>(state.saved_mean[0]), 2.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(state.saved_inv_std[0]), 0.8F);
  EXPECT_FLOAT_EQ(static_cast<float>(state.scale[0]), 1.6F);
  EXPECT_FLOAT_EQ(static_cast<float>(state.shift[0]), -3.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(state.running_mean[0]), 0.75F * 1 + 0.25F * 2.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(state.running_var[0]), static_cast<float>(0.75 * 3 + 0.25 * 5 / 3));
}

TYPED_TEST(BatchNorm, StatisticsRoundWithinBounds) {
  for (const Shape4& shape : activation_shapes()) expect_statistics<TypeParam>(batch_norm_case(shape, 1));
}

// A single value that isn't 0 in every channel, each time at other pixels: left out or counted twice, it is all that
// the statistics would see, however many values there are.
TYPED_TEST(BatchNorm, StatisticsCountEveryPixel) {
  for (const Shape4& shape : activation_shapes()) {
    RandomValues random(19);
    BatchNormCase data = batch_norm_case(shape, 20);
    for (int draw = 0; draw < 8; ++draw) {
      std::fill(data.x.begin(), data.x.end(), 0.0);
      for (std::int64_t c = 0; c < shape.c; ++c) {
        const bool at_end = draw == 0 || draw == 1;
        const std::int64_t pixel = at_end ? draw * (shape.pixels() - 1) : random.integer(0, shape.pixels() - 1);
        data.x[static_cast<std::size_t>(pixel * shape.c + c)] = 1;
      }
      expect_statistics<TypeParam>(data);
    }
  }
}

// E[x^2] - E[x]^2 in fp32 would leave nothing of the variance here: the spread is 1 / sqrt(3), mean 1000 times that.
TYPED_TEST(BatchNorm, StatisticsDoNotCancelWhereMeanIsAThousandDeviations) {
  for (const Shape4& shape : activation_shapes()) expect_statistics<TypeParam>(batch_norm_case(shape, 2, 577.35));
}

// A channel that doesn't vary has variance 0, not less; eps alone keeps inv_std finite.
TYPED_TEST(BatchNorm, StatisticsOfAConstantChannel) {
  BatchNormCase data = batch_norm_case({2, 3, 3, 5}, 3);
  std::fill(data.x.begin(), data.x.end(), 0.7);
  data.x = mapped(data.x, [](double v) { return v; });
  expect_statistics<TypeParam>(data);
}

TYPED_TEST(BatchNorm, InferenceRoundsWithinBounds) {
  const double u = kUnitRoundoff<typename TypeParam::Context::param_t>;
  const BatchNormCase data = batch_norm_case({1, 1, 1, 101}, 4);
  const BatchNormState found = run_inference<TypeParam>(data);
  const BatchNormState wanted = run_inference<Oracle>(data);
  BatchNormState bounds = wanted;
  for (std::size_t c = 0; c < wanted.scale.size(); ++c) {  // as for training, with exact mean and variance
    const double scale = std::abs(wanted.scale[c]);
    bounds.scale[c] = 6 * u * scale;
    bounds.shift[c] = 9 * u * (std::abs(data.running_mean[c]) * scale + std::abs(data.beta[c]));
  }
  expect_within(found.scale, wanted.scale, bounds.scale, "scale");
  expect_within(found.shift, wanted.shift, bounds.shift, "shift");
}

TYPED_TEST(BatchNorm, BackwardRoundsWithinBounds) {
  for (const Shape4& shape : activation_shapes()) {
    const BatchNormCase data = batch_norm_case(shape, 5);
    expect_backward<TypeParam>(data, upstream_of(data, 6, false));
    expect_backward<TypeParam>(data, upstream_of(data, 7, true));
  }
}

// With whole numbers and inv_std 1/2 the two sums are exact in fp32: one value too many or too few can't hide in f.
TYPED_TEST(BatchNorm, BackwardSumsAreExactOnIntegers) {
  for (const Shape4& shape : activation_shapes()) {
    SCOPED_TRACE(to_string(shape));
    RandomValues random(17);
    BatchNormCase data = batch_norm_case(shape, 18);
    data.x = random.small_integers(shape.elements());
    const BatchNormUpstream upstream{
        random.small_integers(shape.elements()),
        mapped(random.small_integers(shape.elements()), [](double v) { return std::max(v, 0.0); }),
        random.small_integers(shape.c), std::vector<double>(static_cast<std::size_t>(shape.c), 0.5)};
    const BatchNormGradients found = run_backward<TypeParam>(data, upstream);
    const BatchNormGradients wanted = run_backward<Oracle>(data, upstream);
    expect_equal(found.dbeta, wanted.dbeta, "dbeta");
    expect_equal(found.dgamma, wanted.dgamma, "dgamma");
  }
}

TYPED_TEST(BatchNorm, BackwardDoesNotCancelWhereMeanIsAThousandDeviations) {
  for (const Shape4& shape : activation_shapes()) {
    const BatchNormCase data = batch_norm_case(shape, 8, 577.35);
    expect_backward<TypeParam>(data, upstream_of(data, 9, true));
  }
}

TYPED_TEST(BatchNorm, BackwardMayWriteOverDyAndNeedsNoDresidual) {
  for (const Shape4& shape : activation_shapes()) {
    const BatchNormCase data = batch_norm_case(shape, 10);
    for (const bool relu : {false, true}) {
      const BatchNormUpstream upstream = upstream_of(data, 11, relu);
      expect_backward<TypeParam>(data, upstream, BatchNormInto::kDxIsDy);
      expect_backward<TypeParam>(data, upstream, BatchNormInto::kDresidualIsDy);
      expect_backward<TypeParam>(data, upstream, BatchNormInto::kNoDresidual);
    }
  }
}

// The images after valid_n are zeros: counted, they would pull the mean to 0 and make M too large.
TYPED_TEST(BatchNorm, PartialBatchCountsOnlyItsImages) {
  const Shape4 full{5, 3, 4, 6};
  const BatchNormCase alone = batch_norm_case({3, 3, 4, 6}, 12, 3);
  const BatchNormUpstream upstream = upstream_of(alone, 13, true);
  const auto padded = [&](std::vector<double> values) {
    values.resize(static_cast<std::size_t>(full.elements()));
    return values;
  };
  BatchNormCase partial = alone;
  partial.shape = full;
  partial.x = padded(alone.x);
  BatchNormUpstream partial_upstream = upstream;
  partial_upstream.dy = padded(upstream.dy);
  partial_upstream.y = padded(upstream.y);
  if (!TypeParam::kPartialBatches) {
    expect_error(ErrorCode::kInternal, "batch_norm_statistics", [&] { run_statistics<TypeParam>(partial); });
    expect_error(ErrorCode::kInternal, "batch_norm_backward",
                 [&] { run_backward<TypeParam>(partial, partial_upstream); });
    return;
  }
  const BatchNormState found = run_statistics<TypeParam>(partial);
  const BatchNormState wanted = run_statistics<TypeParam>(alone);
  expect_equal(found.saved_mean, wanted.saved_mean, "saved_mean");
  expect_equal(found.saved_inv_std, wanted.saved_inv_std, "saved_inv_std");
  expect_equal(found.running_var, wanted.running_var, "running_var");
  const BatchNormGradients gradients = run_backward<TypeParam>(partial, partial_upstream);
  const BatchNormGradients wanted_gradients = run_backward<TypeParam>(alone, upstream);
  expect_equal(gradients.dgamma, wanted_gradients.dgamma, "dgamma");
  expect_equal(gradients.dx, padded(wanted_gradients.dx), "dx");
  expect_equal(gradients.dresidual, padded(wanted_gradients.dresidual), "dresidual");
}

TYPED_TEST(BatchNorm, TrainingNeedsMoreThanOneValuePerChannel) {
  expect_error(ErrorCode::kUsage, "batch norm", [] { run_statistics<TypeParam>(batch_norm_case({1, 1, 1, 4}, 14)); });
}

TYPED_TEST(BatchNorm, RefusesViewsThatDoNotFit) {
  const BatchNormCase good = batch_norm_case({2, 3, 3, 4}, 15);
  const BatchNormUpstream upstream = upstream_of(good, 16, true);
  for (auto input :
       {&BatchNormCase::gamma, &BatchNormCase::beta, &BatchNormCase::running_mean, &BatchNormCase::running_var}) {
    BatchNormCase bad = good;
    (bad.*input).push_back(1);
    expect_error(ErrorCode::kInternal, "elements, wanted ", [&] { run_statistics<TypeParam>(bad); });
    expect_error(ErrorCode::kInternal, "elements, wanted ", [&] { run_inference<TypeParam>(bad); });
  }
  BatchNormCase bad = good;
  bad.gamma.pop_back();
  expect_error(ErrorCode::kInternal, "gamma has 3 elements, wanted 4", [&] { run_backward<TypeParam>(bad, upstream); });
  BatchNormUpstream bad_upstream = upstream;
  bad_upstream.saved_inv_std.pop_back();
  expect_error(ErrorCode::kInternal, "saved_inv_std has 3 elements, wanted 4",
               [&] { run_backward<TypeParam>(good, bad_upstream); });

  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const ActivationArray<C> a(context, 100);
  const ParamArray<C> p(context, 4);
  const auto fits = a.activation({2, 3, 3, 4}, 2);
  const auto differs = a.activation({2, 4, 3, 4}, 2);
  BatchNormBackward<C> args{.dy = fits,
                            .y = {},
                            .x = differs,
                            .gamma = p,
                            .saved_mean = p,
                            .saved_inv_std = p,
                            .dgamma = p,
                            .dbeta = p,
                            .dx = fits,
                            .dresidual = {}};
  expect_error(ErrorCode::kInternal, "x has shape [2, 4, 3, 4], wanted [2, 3, 3, 4]",
               [&] { batch_norm_backward(context, args); });
}

}  // namespace
}  // namespace kindling
