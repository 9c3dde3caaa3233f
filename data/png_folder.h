#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace kindling {

// ROOT/{train,test}/CLASS/*.png. Exactly ten class folders, each with at least one file; classes and the files of a
// class are sorted bytewise, so that labels and indices don't depend on the file system or the locale. Hidden entries
// and files of other names are ignored. Where both splits are there, they have the same classes.
//
// All headers are checked at opening (32 x 32, 8 bits), nothing is decoded; the bodies are decoded by whoever reads.
class PngFolder final : public Dataset {
 public:
  PngFolder(const std::filesystem::path& root, Split split, Cache cache);

  std::int64_t size() const override { return static_cast<std::int64_t>(files_.size()); }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override;
  std::string fingerprint() const override;

 private:
  struct File {
    std::string name;  // below root: "train/cat/00017.png"
    std::int64_t bytes;
    std::int32_t label;
    std::vector<std::uint8_t> encoded;  // Cache::kEncoded
  };

  void append_class(const std::string& folder, std::int32_t label);
  void decode(const File& file, Image& image) const;

  std::filesystem::path root_;
  Cache cache_;
  std::vector<std::string> classes_;
  std::vector<File> files_;

  // Cache::kDecoded, filled by the first reader of an image. A reader that finds it being filled decodes for itself
  // rather than wait.
  enum State : std::uint8_t { kEmpty, kFilling, kReady };
  mutable std::vector<Image> decoded_;
  mutable std::vector<std::atomic<std::uint8_t>> decoded_state_;
};

}  // namespace kindling
