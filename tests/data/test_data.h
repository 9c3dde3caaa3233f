#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "kernels/core/error.h"

namespace kindling::test {

// A new folder, removed with all it holds at the end of its life.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The formula of tests/golden/augmentation.py.
Image formula_image(std::int64_t seed);

// A set whose image i is formula_image(i) with label i mod 10; sample `broken` (if not -1) throws.
class FormulaDataset final : public Dataset {
 public:
  explicit FormulaDataset(std::int64_t size, std::vector<std::int64_t> broken = {});

  std::int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override;
  std::string fingerprint() const override { return "formula"; }

 private:
  std::int64_t size_;
  std::vector<std::int64_t> broken_;
  std::vector<std::string> classes_;
};

void write_bytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

// One record of CIFAR-10's binary version: label, then the image's three planes.
std::vector<std::uint8_t> cifar10_record(const Image& image);

// Writes all six .bin files with `records` records each: formula_image(k) with label k mod 10, k counted over the
// files.
void write_cifar10(const std::filesystem::path& folder, std::int64_t records);

// A PNG of side x side pixels made of `samples` in libpng's simplified format (png.h, PNG_FORMAT_*).
std::vector<std::uint8_t> make_png(std::uint32_t format, std::uint32_t side, const void* samples,
                                   const void* palette = nullptr, std::uint32_t palette_entries = 0);

// ROOT/{train,test}/c0 ... c9 with `per_class` images: formula_image(10 f + label) in file f of a class.
void write_png_set(const std::filesystem::path& root, std::int64_t per_class, std::int64_t classes = kClasses);

// Runs `action`, which must throw Error; gives "code: message".
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

}  // namespace kindling::test
