#include "data/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/permutation.h"
#include "kernels/core/error.h"

namespace kindling {

Subset::Subset(std::shared_ptr<const Dataset> whole, std::vector<std::uint32_t> indices, std::string name)
    : whole_(std::move(whole)), indices_(std::move(indices)), name_(std::move(name)) {
  const bool are_there =
      std::all_of(indices_.begin(), indices_.end(), [this](std::uint32_t index) { return index < whole_->size(); });
  if (indices_.empty() || !are_there) {
    throw Error(ErrorCode::kUsage,
                fmt::format("wanted {} images of a set that has {}", indices_.size(), whole_->size()));
  }
}

std::string Subset::fingerprint() const {
  return fmt::format("{} {}", whole_->fingerprint(), name_);
}

TrainAndTest hold_out(const std::shared_ptr<const Dataset>& whole, std::int64_t validation_images) {
  constexpr std::uint64_t kSeed = 0x68656c64206f7574;  // no run's order: "held out"
  const std::int64_t kept = whole->size() - validation_images;
  if (validation_images < 1 || kept < 1) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} validation images leave nothing to train on: the training set has {}",
                            validation_images, whole->size()));
  }
  std::vector<std::uint32_t> train = shuffled_order(whole->size(), kSeed, 0);
  std::vector<std::uint32_t> held_out(train.begin() + kept, train.end());
  train.resize(static_cast<std::size_t>(kept));
  std::sort(train.begin(), train.end());
  std::sort(held_out.begin(), held_out.end());
  return {std::make_unique<Subset>(whole, std::move(train), fmt::format("without {} held out", validation_images)),
          std::make_unique<Subset>(whole, std::move(held_out), fmt::format("{} held out", validation_images))};
}

TrainAndTest open_train_and_test(const DatasetOptions& options, std::int64_t validation_images, bool evaluate) {
  TrainAndTest opened;
  if (validation_images > 0) {
    opened = hold_out(open_dataset(options, Split::kTrain), validation_images);
    if (!evaluate) opened.test = nullptr;
  } else {
    opened.train = open_dataset(options, Split::kTrain);
    if (evaluate) opened.test = open_dataset(options, Split::kTest);
  }
  return opened;
}

}  // namespace kindling
