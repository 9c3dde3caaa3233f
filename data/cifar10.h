#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace kindling {

// "airplane" to "truck": what labels 0 to 9 mean.
const std::vector<std::string>& cifar10_classes();

// CIFAR-10, binary version (Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html): data_batch_1.bin to
// data_batch_5.bin for training and test_batch.bin, each of 10,000 records of one label byte and 3 x 1,024 pixel bytes
// (planes R, G, B). Held in memory as Image: 154 MB for training.
class Cifar10 final : public Dataset {
 public:
  static constexpr std::int64_t kRecordBytes = 1 + kImageElements;
  static constexpr std::int64_t kRecordsPerFile = 10'000;

  // `path` is the folder of the .bin files or its parent (which holds cifar-10-batches-bin). `records_per_file` is for
  // sets made smaller than the published one. Throws Error(kData): the folder or a file is missing, a file has another
  // length (names file, expected and found bytes), a label is above 9 (names file and record).
  Cifar10(const std::filesystem::path& path, Split split, std::int64_t records_per_file = kRecordsPerFile);

  std::int64_t size() const override { return static_cast<std::int64_t>(images_.size()); }
  const std::vector<std::string>& classes() const override { return cifar10_classes(); }
  void read(std::int64_t index, Image& image) const override { image = images_[static_cast<std::size_t>(index)]; }
  std::string fingerprint() const override;

 private:
  void append(const std::filesystem::path& file, std::int64_t records);

  std::vector<Image> images_;
};

}  // namespace kindling
