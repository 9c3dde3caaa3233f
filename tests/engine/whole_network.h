#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/network.h"
#include "kernels/softmax_cross_entropy.h"
#include "tests/support/finite_difference.h"
#include "tests/support/random_values.h"

namespace kindling::test {

// The whole network at width 8 on a host context, two random images with labels, and weights from the same seed: its
// loss and gradient at any point of the parameters.
template <class C>
class WholeNetwork {
 public:
  using Element = typename C::param_t;
  using Values = std::vector<Element>;

  WholeNetwork(C context, NormKind norm, std::uint64_t seed)
      : context_(std::move(context)), network_(context_, {.width = 8, .norm = norm}, kImages) {
    network_.parameters().initialize(context_, seed);
    RandomValues random(seed);
    for (const double value : random.reals(kImages * kImageElements)) pixels_.push_back(static_cast<float>(2 * value));
    for (std::int64_t i = 0; i < kImages; ++i) labels_.push_back(static_cast<std::int32_t>(random.integer(0, 9)));
  }

  Values parameters() const { return to_host<C, Element>(context_, network_.parameters().values()); }

  double loss(const Values& parameters) { return run(parameters, {}); }

  Values gradient(const Values& parameters) {
    const Params<C> logits = network_.logits(kImages);
    run(parameters, logits);
    network_.backward(context_, logits, kImages);
    return to_host<C, Element>(context_, network_.parameters().gradients());
  }

  // Which activations are positive after a forward pass: it changes where a ReLU crosses its kink.
  std::vector<bool> signs(const Values& parameters) {
    run(parameters, {});
    std::vector<bool> positive;
    for (const auto value : network_.activations().all()) positive.push_back(value > 0);
    return positive;
  }

 private:
  static constexpr std::int64_t kImages = 2;

  double run(const Values& parameters, Params<C> dlogits) {
    from_host<C, Element>(context_, network_.parameters().values(), parameters);
    network_.forward(context_, {pixels_.data(), static_cast<std::int64_t>(pixels_.size())}, kImages, Mode::kTraining);
    BatchMetrics metrics;
    softmax_cross_entropy(context_, SoftmaxCrossEntropy<C>{.logits = network_.logits(kImages),
                                                           .labels = {labels_.data(), kImages},
                                                           .classes = kClasses,
                                                           .label_smoothing = 0.1,
                                                           .dlogits = dlogits,
                                                           .metrics = {&metrics, 1}});
    return metrics.mean_loss();
  }

  mutable C context_;
  Network<C> network_;
  std::vector<float> pixels_;
  std::vector<std::int32_t> labels_;
};

inline double norm_of(const std::vector<double>& values) {
  return std::sqrt(inner_product(values, values));
}

}  // namespace kindling::test
