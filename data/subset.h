#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace kindling {

// Some images of a set as a set of its own.
class Subset final : public Dataset {
 public:
  // Image i is image indices[i] of `whole`. `name` tells this part from others, in the fingerprint. Throws
  // Error(kUsage) unless there are those images, and at least one.
  Subset(std::shared_ptr<const Dataset> whole, std::vector<std::uint32_t> indices, std::string name);

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  const std::vector<std::string>& classes() const override { return whole_->classes(); }
  void read(std::int64_t index, Image& image) const override {
    whole_->read(indices_[static_cast<std::size_t>(index)], image);
  }
  std::string fingerprint() const override;

 private:
  std::shared_ptr<const Dataset> whole_;
  std::vector<std::uint32_t> indices_;
  std::string name_;
};

// What a run trains on and what it evaluates on.
struct TrainAndTest {
  std::unique_ptr<Dataset> train = nullptr;
  std::unique_ptr<Dataset> test = nullptr;  // null: nothing is evaluated
};

// Holds `validation_images` of a training set out: they are the test. Which ones depends on their number and that of
// all images alone: a fixed shuffle, as folders lie in the order of their classes. Throws Error(kUsage) where nothing
// would be left to train on.
TrainAndTest hold_out(const std::shared_ptr<const Dataset>& whole, std::int64_t validation_images);

// Training and test split; with validation images those instead of the test split, which is then not looked at.
TrainAndTest open_train_and_test(const DatasetOptions& options, std::int64_t validation_images, bool evaluate);

}  // namespace kindling
