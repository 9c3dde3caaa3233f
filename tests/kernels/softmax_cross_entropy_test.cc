#include "kernels/softmax_cross_entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/backends.h"
#include "tests/support/expect_error.h"
#include "tests/support/head_case.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

struct LossBounds {
  double loss_sum = 0;
  std::vector<double> dlogits;
};

// With u the unit roundoff of param_t and z = logit - max (error u |z|, which exp makes relative), four ulps granted to
// exp and log, and S = sum exp(z) with the relative error  s = u (sum_k p_k |z_k| + 8 + K):
//   p[k]        relative u (|z_k| + 8 + 1) + s; below 2^-126 it may be flushed to zero
//   dlogits     p's error and three roundings of p - q and 1 / N
//   loss        s, and 8 u of log S and of each q_k z_k, which z's own error also is a part of
template <class Backend>
LossBounds loss_bounds(const LossCase& data) {
  const double u = kUnitRoundoff<typename Backend::Context::param_t>;
  const auto classes = static_cast<std::size_t>(data.classes);
  const auto k_count = static_cast<double>(classes);
  const auto images = static_cast<double>(data.labels.size());
  LossBounds bounds;
  for (std::size_t n = 0; n < data.labels.size(); ++n) {
    const auto row = data.logits.begin() + static_cast<std::ptrdiff_t>(n * classes);
    const double max = *std::max_element(row, row + data.classes);
    double sum = 0;
    double weighted = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      const double z = data.logits[n * classes + k] - max;
      sum += std::exp(z);
      weighted += std::exp(z) * std::abs(z);
    }
    const double s = u * (weighted / sum + 8 + k_count);
    bounds.loss_sum += s + 8 * u * std::log(sum);
    for (std::size_t k = 0; k < classes; ++k) {
      const double z = std::abs(data.logits[n * classes + k] - max);
      const double p = std::exp(-z) / sum;
      const bool is_label = static_cast<std::size_t>(data.labels[n]) == k;
      const double q = (is_label ? 1 - data.label_smoothing : 0) + data.label_smoothing / k_count;
      bounds.dlogits.push_back((p * (u * (z + 9) + s) + 3 * u * (p + q)) / images + 0x1p-126);
      bounds.loss_sum += 8 * u * q * z;
    }
  }
  return bounds;
}

template <class Backend>
void expect_loss(const LossCase& data, DlogitsInto into = DlogitsInto::kOwn) {
  const LossResult found = run_loss<Backend>(data, into);
  const LossResult wanted = run_loss<Oracle>(data);
  const LossBounds bounds = loss_bounds<Backend>(data);
  EXPECT_EQ(found.metrics.images, wanted.metrics.images);
  EXPECT_EQ(found.metrics.correct, wanted.metrics.correct);
  EXPECT_NEAR(found.metrics.loss_sum, wanted.metrics.loss_sum, bounds.loss_sum);
  if (into != DlogitsInto::kNone) expect_within(found.dlogits, wanted.dlogits, bounds.dlogits, "dlogits");
}

template <class Backend>
class SoftmaxCrossEntropyOp : public BackendTest<Backend> {};
TYPED_TEST_SUITE(SoftmaxCrossEntropyOp, Backends, BackendNames);

struct Extents {
  std::int64_t n;
  std::int64_t k;
};

constexpr Extents kExtents[] = {{128, 10}, {80, 10}, {1, 10}, {1, 2}, {3, 7}, {5, 16}, {9, 33}, {2, 100}, {17, 1}};

TYPED_TEST(SoftmaxCrossEntropyOp, RoundsWithinBounds) {
  for (const Extents& extents : kExtents) {
    for (const double smoothing : {0.0, 0.1, 1.0}) {
      SCOPED_TRACE(std::to_string(extents.n) + " x " + std::to_string(extents.k) + " " + std::to_string(smoothing));
      const LossCase data = loss_case(extents.n, extents.k, smoothing, 1);
      expect_loss<TypeParam>(data);
      expect_loss<TypeParam>(data, DlogitsInto::kLogits);
      expect_loss<TypeParam>(data, DlogitsInto::kNone);
    }
  }
}

// Equal logits: the loss is log K and the gradient (1 / K - q) / N.
TYPED_TEST(SoftmaxCrossEntropyOp, KnownValues) {
  const LossCase data{.classes = 4, .labels = {2, 0}, .logits = {1, 1, 1, 1, -3, -3, -3, -3}, .label_smoothing = 0};
  const LossResult result = run_loss<TypeParam>(data);
  EXPECT_EQ(result.metrics.images, 2);
  EXPECT_NEAR(result.metrics.mean_loss(), std::log(4.0), 1e-6);
  const std::vector<double> wanted = {0.125, 0.125, -0.375, 0.125, -0.375, 0.125, 0.125, 0.125};
  expect_within(result.dlogits, wanted, std::vector<double>(8, 1e-7), "dlogits");
}

// exp(1e4) is no number: the largest logit must be taken off first, and log p must not come from a p of 0.
TYPED_TEST(SoftmaxCrossEntropyOp, ExtremeLogits) {
  for (const double smoothing : {0.0, 0.1}) {
    const LossCase data{.classes = 3,
                        .labels = {0, 1, 2, 2},
                        .logits = {1e4, -1e4, 0, 1e4, -1e4, 0, 1e4, 1e4, 1e4, -1e4, -1e4, -1e4},
                        .label_smoothing = smoothing};
    expect_loss<TypeParam>(data);
  }
  const LossCase wrong{.classes = 2, .labels = {1}, .logits = {1e4, -1e4}, .label_smoothing = 0};
  EXPECT_NEAR(run_loss<TypeParam>(wrong).metrics.loss_sum, 2e4, 2e4 * 1e-6);
}

TYPED_TEST(SoftmaxCrossEntropyOp, FirstOfEqualLogitsIsThePrediction) {
  const std::vector<double> logits = {0, 5, 5, 1, 5};
  for (std::int32_t label = 0; label < 5; ++label) {
    const LossCase data{.classes = 5, .labels = {label}, .logits = logits, .label_smoothing = 0};
    EXPECT_EQ(run_loss<TypeParam>(data).metrics.correct, label == 1 ? 1 : 0) << label;
  }
  // Also where the equals are far apart, so that a vectorised search can't take them lane by lane.
  LossCase wide{.classes = 40, .labels = {3}, .logits = std::vector<double>(40, 0.0), .label_smoothing = 0};
  wide.logits[3] = wide.logits[8] = wide.logits[17] = wide.logits[39] = 2;
  EXPECT_EQ(run_loss<TypeParam>(wide).metrics.correct, 1);
}

TYPED_TEST(SoftmaxCrossEntropyOp, LossThatIsNotFiniteShowsInTheSum) {
  using C = typename TypeParam::Context;
  using Param = typename C::param_t;
  for (const Param poison : {std::numeric_limits<Param>::quiet_NaN(), std::numeric_limits<Param>::infinity()}) {
    for (const std::size_t place : {0U, 1U, 4U}) {
      C context = TypeParam::make();
      std::vector<Param> values = {1, 2, 3, 4, 5, 6};
      values[place] = poison;
      const ParamArray<C> logits(context, values);
      const ContextArray<C, std::int32_t> labels(context, std::vector<std::int32_t>{1, 2});
      const ContextArray<C, BatchMetrics> metrics(context, 1);
      softmax_cross_entropy(context, SoftmaxCrossEntropy<C>{.logits = logits,
                                                            .labels = labels,
                                                            .classes = 3,
                                                            .label_smoothing = 0,
                                                            .dlogits = {},
                                                            .metrics = metrics});
      EXPECT_FALSE(std::isfinite(metrics.elements()[0].loss_sum)) << poison << " at " << place;
    }
  }
}

TYPED_TEST(SoftmaxCrossEntropyOp, RefusesViewsThatDoNotFit) {
  LossCase bad = loss_case(3, 5, 0, 2);
  bad.logits.pop_back();
  expect_error(ErrorCode::kInternal, "logits has 14 elements, wanted 15", [&] { run_loss<TypeParam>(bad); });

  using C = typename TypeParam::Context;
  C context = TypeParam::make();
  const ParamArray<C> logits(context, 10);
  const ContextArray<C, std::int32_t> labels(context, std::vector<std::int32_t>{0, 1});
  const ContextArray<C, BatchMetrics> metrics(context, 2);
  SoftmaxCrossEntropy<C> args{.logits = logits,
                              .labels = labels,
                              .classes = 5,
                              .label_smoothing = 0,
                              .dlogits = logits.view().subview(0, 9),
                              .metrics = metrics.view().subview(0, 1)};
  expect_error(ErrorCode::kInternal, "dlogits has 9 elements, wanted 10",
               [&] { softmax_cross_entropy(context, args); });
  args.dlogits = {};
  args.metrics = metrics;
  expect_error(ErrorCode::kInternal, "metrics has 2 elements, wanted 1", [&] { softmax_cross_entropy(context, args); });
}

}  // namespace
}  // namespace kindling
