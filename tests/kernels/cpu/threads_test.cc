#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/linear.h"
#include "kernels/pool2d.h"
#include "kernels/softmax_cross_entropy.h"
#include "tests/support/random_values.h"

namespace kindling {
namespace {

using C = CpuContext<float>;
using Floats = std::vector<float>;

std::int64_t size_of(const Floats& values) {
  return static_cast<std::int64_t>(values.size());
}
HostView<float> view(Floats& values) {
  return {values.data(), size_of(values)};
}
Out<C> activation(Floats& values, const Shape4& shape) {
  return {values.data(), shape};
}
Floats zeros(std::int64_t size) {
  return Floats(static_cast<std::size_t>(size), 0.0F);
}
Floats reals(std::int64_t size, std::uint64_t seed) {
  test::RandomValues random(seed);
  Floats values = zeros(size);
  for (float& value : values) value = static_cast<float>(random.real());
  return values;
}

// op(context) returns all that an op made; the bits must not depend on the number of threads. Float sums in another
// order differ in some bits of so many values, so a reduction that threads split would show.
template <class Op>
void expect_same_bits(const Op& op, ConvAlgorithm conv = ConvAlgorithm::kAuto) {
  C one({.threads = 1, .conv = conv});
  const Floats wanted = op(one);
  for (const int threads : {2, 3, 4, 7, 8}) {
    C context({.threads = threads, .conv = conv});
    const Floats found = op(context);
    ASSERT_EQ(found.size(), wanted.size());
    EXPECT_EQ(std::memcmp(found.data(), wanted.data(), wanted.size() * sizeof(float)), 0) << threads << " threads";
    const Floats again = op(context);
    EXPECT_EQ(std::memcmp(again.data(), wanted.data(), wanted.size() * sizeof(float)), 0)
        << threads << " threads, second call";
  }
}

Floats joined(std::initializer_list<Floats> parts) {
  Floats all;
  for (const Floats& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<Conv2dShape> convolutions() {
  return {{.n = 20, .h = 32, .w = 32, .c = 3, .k = 64},
          {.n = 20, .h = 16, .w = 16, .c = 16, .k = 24},
          {.n = 9, .h = 8, .w = 8, .c = 64, .k = 128, .stride = 2},
          {.n = 9, .h = 9, .w = 7, .c = 33, .k = 65, .r = 1, .stride = 2, .pad = 0},
          {.n = 9, .h = 9, .w = 7, .c = 33, .k = 200},
          {.n = 5, .h = 4, .w = 4, .c = 256, .k = 256}};
}

Floats all_passes(C& context, const Conv2dShape& shape) {
  Floats x = reals(shape.x_shape().elements(), 1);
  Floats w = reals(shape.filter_elements(), 2);
  Floats dy = reals(shape.y_shape().elements(), 3);
  Floats y = zeros(size_of(dy));
  Floats dx = reals(size_of(x), 4);
  Floats dw = zeros(size_of(w));
  conv2d_forward(context, shape, activation(x, shape.x_shape()), view(w), activation(y, shape.y_shape()));
  conv2d_dgrad(context, shape, activation(dy, shape.y_shape()), view(w), activation(dx, shape.x_shape()),
               Accumulate::kAdd);
  conv2d_wgrad(context, shape, activation(x, shape.x_shape()), activation(dy, shape.y_shape()), view(dw));
  return joined({y, dx, dw});
}

TEST(CpuThreads, Conv2d) {
  for (const Conv2dShape& shape : convolutions()) {
    for (const ConvAlgorithm conv : {ConvAlgorithm::kDirect, ConvAlgorithm::kWinograd2, ConvAlgorithm::kWinograd4}) {
      SCOPED_TRACE(to_string(shape) + " " + name_of(conv));
      expect_same_bits([&](C& context) { return all_passes(context, shape); }, conv);
    }
  }
}

TEST(CpuThreads, BatchNormAndMaterialize) {
  for (const Shape4& shape : {Shape4{20, 32, 32, 16}, Shape4{6, 8, 8, 200}, Shape4{3, 5, 7, 13}}) {
    SCOPED_TRACE(to_string(shape));
    expect_same_bits([&](C& context) {
      Floats x = reals(shape.elements(), 1);
      Floats residual = reals(shape.elements(), 2);
      Floats dy = reals(shape.elements(), 3);
      Floats y = zeros(shape.elements());
      Floats dx = y;
      Floats dresidual = y;
      Floats gamma = reals(shape.c, 4);
      Floats beta = reals(shape.c, 5);
      Floats running_mean = reals(shape.c, 6);
      Floats running_var = reals(shape.c, 7);
      Floats mean = zeros(shape.c);
      Floats inv_std = mean, scale = mean, shift = mean, dgamma = mean, dbeta = mean;
      batch_norm_statistics(context, BatchNormStatistics<C>{.x = activation(x, shape),
                                                            .gamma = view(gamma),
                                                            .beta = view(beta),
                                                            .running_mean = view(running_mean),
                                                            .running_var = view(running_var),
                                                            .saved_mean = view(mean),
                                                            .saved_inv_std = view(inv_std),
                                                            .scale = view(scale),
                                                            .shift = view(shift)});
      materialize(context,
                  Deferred<C>{.raw = activation(x, shape),
                              .scale = view(scale),
                              .shift = view(shift),
                              .residual = activation(residual, shape),
                              .residual_scale = {},
                              .residual_shift = {},
                              .relu = true},
                  activation(y, shape));
      batch_norm_backward(context, BatchNormBackward<C>{.dy = activation(dy, shape),
                                                        .y = activation(y, shape),
                                                        .x = activation(x, shape),
                                                        .gamma = view(gamma),
                                                        .saved_mean = view(mean),
                                                        .saved_inv_std = view(inv_std),
                                                        .dgamma = view(dgamma),
                                                        .dbeta = view(dbeta),
                                                        .dx = activation(dx, shape),
                                                        .dresidual = activation(dresidual, shape)});
      return joined({running_mean, running_var, mean, inv_std, scale, shift, y, dgamma, dbeta, dx, dresidual});
    });
  }
}

TEST(CpuThreads, PoolLinearAndLoss) {
  const std::int64_t n = 80, channels = 512, classes = 10;
  const Shape4 shape{n, 4, 4, channels};
  const Shape4 pooled_shape{n, 1, 1, channels};
  expect_same_bits([&](C& context) {
    Floats x = reals(shape.elements(), 1);
    Floats w = reals(classes * channels, 2);
    Floats b = reals(classes, 3);
    Floats pooled = zeros(n * channels);
    Floats dpooled = pooled;
    Floats dx = zeros(shape.elements());
    Floats logits = zeros(n * classes);
    Floats dlogits = logits;
    Floats dw = zeros(classes * channels);
    Floats db = zeros(classes);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 3);
    BatchMetrics metrics;
    global_average_pool_forward(context, activation(x, shape), activation(pooled, pooled_shape));
    linear_forward(context, LinearForward<C>{activation(pooled, pooled_shape), view(w), view(b), view(logits)});
    softmax_cross_entropy(context, SoftmaxCrossEntropy<C>{.logits = view(logits),
                                                          .labels = {labels.data(), n},
                                                          .classes = classes,
                                                          .label_smoothing = 0.1,
                                                          .dlogits = view(dlogits),
                                                          .metrics = {&metrics, 1}});
    linear_backward(context, LinearBackward<C>{activation(pooled, pooled_shape), view(w), view(dlogits),
                                               activation(dpooled, pooled_shape), view(dw), view(db)});
    global_average_pool_backward(context, activation(dpooled, pooled_shape), activation(dx, shape));
    return joined({pooled, logits, dlogits, dpooled, dw, db, dx, {static_cast<float>(metrics.loss_sum)}});
  });
}

}  // namespace
}  // namespace kindling
