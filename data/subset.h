#pragma once

#include <memory>

#include "data/dataset.h"

namespace kindling {

// Images `first` to `first + count - 1` of a set, as a set of its own: a training set without the images that are held
// out for validation, or those alone.
class Subset final : public Dataset {
 public:
  // Throws Error(kUsage) unless there are that many, and at least one.
  Subset(std::unique_ptr<Dataset> whole, std::int64_t first, std::int64_t count);

  std::int64_t size() const override { return count_; }
  const std::vector<std::string>& classes() const override { return whole_->classes(); }
  void read(std::int64_t index, Image& image) const override { whole_->read(first_ + index, image); }
  std::string fingerprint() const override;

 private:
  std::unique_ptr<Dataset> whole_;
  std::int64_t first_;
  std::int64_t count_;
};

// The training set without its last `validation_images`, and for Split::kTest those instead of the test set. None held
// out: as open_dataset.
std::unique_ptr<Dataset> open_with_validation(const DatasetOptions& options, Split split,
                                              std::int64_t validation_images);

}  // namespace kindling
