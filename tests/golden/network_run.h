#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/train_step.h"

namespace kindling::golden {

// The first images of a file in CIFAR-10's binary format (a label and 3 planes of 32x32 bytes each), normalised as
// network_model.py does it: in float, NHWC.
class NetworkImages {
 public:
  NetworkImages(const std::string& path, std::int64_t count) {
    constexpr std::int64_t kRecord = kImageElements + 1;
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes(static_cast<std::size_t>(count * kRecord));
    if (!file.read(bytes.data(), count * kRecord)) throw std::runtime_error(path + " has too few images");
    pixels_.resize(static_cast<std::size_t>(count * kImageElements));
    for (std::int64_t n = 0; n < count; ++n) {
      const char* record = bytes.data() + n * kRecord;
      labels_.push_back(record[0]);
      for (std::int64_t i = 0; i < kImageElements; ++i) {
        const auto c = static_cast<std::size_t>(i % kImageChannels);
        const auto byte = static_cast<std::uint8_t>(record[1 + i % kImageChannels * kPlane + i / kImageChannels]);
        pixels_[static_cast<std::size_t>(n * kImageElements + i)] =
            (static_cast<float>(byte) / 255.0F - kMean[c]) / kStd[c];
      }
    }
  }

  std::int64_t count() const { return static_cast<std::int64_t>(labels_.size()); }
  BatchSlot slot() { return {.pixels = pixels_, .labels = labels_}; }

 private:
  static constexpr std::int64_t kPlane = kImageSide * kImageSide;
  static constexpr std::array<float, 3> kMean{0.4914F, 0.4822F, 0.4465F};
  static constexpr std::array<float, 3> kStd{0.2023F, 0.1994F, 0.2010F};

  std::vector<float> pixels_;
  std::vector<std::int32_t> labels_;
};

struct NetworkRunOptions {
  NetworkOptions network;
  std::uint64_t seed = 0;
  Hyperparameters hyperparameters;
};

// Steps on one batch from the weights of a seed, as network_model.py's `train`.
template <class C>
class NetworkRun {
 public:
  NetworkRun(C& context, const NetworkRunOptions& options, NetworkImages& images)
      : context_(context),
        lr_(options.hyperparameters.lr),
        images_(images),
        network_(context, options.network, images.count()),
        optimizer_(context, options.hyperparameters, network_.parameters().values().size()),
        train_step_(context, network_, optimizer_, 0.0),
        eval_step_(context, network_) {
    network_.parameters().initialize(context, options.seed);
  }

  const ParameterStore<C>& parameters() const { return network_.parameters(); }
  const Optimizer<C>& optimizer() const { return optimizer_; }

  // Returns the loss before the step; its gradients stay in parameters().
  double step() {
    return train_step_.run(images_.slot(), images_.count(), lr_, optimizer_.last_step() + 1).mean_loss();
  }

  double evaluate() { return eval_step_.run(images_.slot(), images_.count()).mean_loss(); }

 private:
  C& context_;
  double lr_;
  NetworkImages& images_;
  Network<C> network_;
  Optimizer<C> optimizer_;
  TrainStep<C> train_step_;
  EvalStep<C> eval_step_;
};

}  // namespace kindling::golden
