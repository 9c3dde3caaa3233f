#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace kindling {

// Ten classes that need no files: five textures (rows or columns of period 4 or 8, a checkerboard) in two colours each.
// Phase, brightness, contrast and noise vary, so that single pixels tell little; crops and horizontal flips keep the
// class. Image `index` is a pure function of seed, split and index; its label is index mod 10.
class Synthetic final : public Dataset {
 public:
  // train_size: images of the training split; the test split has a fifth of it, drawn independently. Throws
  // Error(kUsage) below 50, where the test split would miss a class, and above 2^31.
  Synthetic(std::int64_t train_size, std::uint64_t seed, Split split);

  std::int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override;
  std::string fingerprint() const override;

 private:
  std::vector<std::string> classes_;
  std::int64_t size_;
  std::uint64_t seed_;
  Split split_;
};

}  // namespace kindling
