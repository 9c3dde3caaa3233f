#include "tests/data/test_data.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "data/png_codec.h"

namespace kindling::test {

namespace fs = std::filesystem;

TempFolder::TempFolder() {
  std::string pattern = (fs::temp_directory_path() / "kindling-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Image formula_image(std::int64_t seed) {
  Image image{};
  image.label = static_cast<std::int32_t>(seed % kClasses);
  for (std::int64_t y = 0; y < kImageSide; ++y) {
    for (std::int64_t x = 0; x < kImageSide; ++x) {
      for (std::int64_t c = 0; c < kImageChannels; ++c) {
        image.pixels[static_cast<std::size_t>((y * kImageSide + x) * kImageChannels + c)] =
            static_cast<std::uint8_t>((37 * (32 * y + x) + 91 * c + 53 * seed + y * y * seed) % 256);
      }
    }
  }
  return image;
}

FormulaDataset::FormulaDataset(std::int64_t size, std::vector<std::int64_t> broken)
    : size_(size), broken_(std::move(broken)), classes_(kClasses, "class") {}

void FormulaDataset::read(std::int64_t index, Image& image) const {
  if (std::find(broken_.begin(), broken_.end(), index) != broken_.end()) {
    throw Error(ErrorCode::kData, "set.bin: record " + std::to_string(index) + " is broken");
  }
  image = formula_image(index);
}

void write_bytes(const fs::path& path, std::span<const std::uint8_t> bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  if (!stream.flush()) throw std::runtime_error("can't write " + path.string());
}

std::vector<std::uint8_t> cifar10_record(const Image& image) {
  std::vector<std::uint8_t> record{static_cast<std::uint8_t>(image.label)};
  for (std::size_t c = 0; c < kImageChannels; ++c) {
    for (std::size_t i = c; i < image.pixels.size(); i += kImageChannels) record.push_back(image.pixels[i]);
  }
  return record;
}

void write_cifar10(const fs::path& folder, std::int64_t records) {
  std::int64_t k = 0;
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t r = 0; r < records; ++r, ++k) {
      const std::vector<std::uint8_t> record = cifar10_record(formula_image(k));
      bytes.insert(bytes.end(), record.begin(), record.end());
    }
    write_bytes(folder / name, bytes);
  }
}

std::vector<std::uint8_t> make_png(std::uint32_t format, std::uint32_t side, const void* samples, const void* palette,
                                   std::uint32_t palette_entries) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = side;
  header.height = side;
  header.format = format;
  header.colormap_entries = palette_entries;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::uint8_t> bytes(size);
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, samples, 0, palette) == 0) {
    throw std::runtime_error(header.message);
  }
  bytes.resize(size);
  return bytes;
}

void write_png_set(const fs::path& root, std::int64_t per_class, std::int64_t classes) {
  for (const char* split : {"train", "test"}) {
    for (std::int64_t label = 0; label < classes; ++label) {
      for (std::int64_t f = 0; f < per_class; ++f) {
        write_bytes(root / split / fmt::format("c{}", label) / fmt::format("{}.png", f),
                    encode_png(formula_image(kClasses * f + label)));
      }
    }
  }
}

}  // namespace kindling::test
