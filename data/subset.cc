#include "data/subset.h"

#include <fmt/format.h>

#include <utility>

#include "kernels/core/error.h"

namespace kindling {

Subset::Subset(std::unique_ptr<Dataset> whole, std::int64_t first, std::int64_t count)
    : whole_(std::move(whole)), first_(first), count_(count) {
  if (first_ < 0 || count_ < 1 || first_ + count_ > whole_->size()) {
    throw Error(ErrorCode::kUsage, fmt::format("wanted images {} to {} of a set that has {}", first_ + 1,
                                               first_ + count_, whole_->size()));
  }
}

std::string Subset::fingerprint() const {
  return fmt::format("{} images {}-{}", whole_->fingerprint(), first_ + 1, first_ + count_);
}

std::unique_ptr<Dataset> open_with_validation(const DatasetOptions& options, Split split,
                                              std::int64_t validation_images) {
  if (validation_images == 0) return open_dataset(options, split);
  std::unique_ptr<Dataset> whole = open_dataset(options, Split::kTrain);
  const std::int64_t kept = whole->size() - validation_images;
  if (kept < 1) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} validation images leave nothing to train on: the training set has {}",
                            validation_images, whole->size()));
  }
  const bool is_training = split == Split::kTrain;
  return std::make_unique<Subset>(std::move(whole), is_training ? 0 : kept, is_training ? kept : validation_images);
}

}  // namespace kindling
