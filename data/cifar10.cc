#include "data/cifar10.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <fstream>
#include <span>

#include "data/file.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "cifar-10-batches-bin";  // as the published archive unpacks

std::vector<std::string> file_names(Split split) {
  if (split == Split::kTest) return {"test_batch.bin"};
  std::vector<std::string> names;
  for (int i = 1; i <= 5; ++i) names.push_back(fmt::format("data_batch_{}.bin", i));
  return names;
}

fs::path find_folder(const fs::path& path, const std::string& first_file) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    throw Error(ErrorCode::kData,
                fmt::format("wanted a folder with CIFAR-10's .bin files, found no folder '{}'", path.string()));
  }
  for (const fs::path& folder : {path, path / kFolder}) {
    if (fs::exists(folder / first_file, ignored)) return folder;
  }
  throw Error(ErrorCode::kData,
              fmt::format("wanted {} of CIFAR-10's binary version in {} or in {} below it, found none", first_file,
                          path.string(), kFolder));
}

// record: label, then planes R, G, B. Turns planes into interleaved channels.
void unpack_record(std::span<const char> record, Image& image) {
  constexpr std::size_t kPlane = kImageSide * kImageSide;
  image.label = static_cast<unsigned char>(record[0]);
  for (std::size_t pixel = 0; pixel < kPlane; ++pixel) {
    for (std::size_t c = 0; c < kImageChannels; ++c) {
      image.pixels[pixel * kImageChannels + c] = static_cast<std::uint8_t>(record[1 + c * kPlane + pixel]);
    }
  }
}

}  // namespace

const std::vector<std::string>& cifar10_classes() {
  static const std::vector<std::string> names{"airplane", "automobile", "bird",  "cat",  "deer",
                                              "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

Cifar10::Cifar10(const fs::path& path, Split split, std::int64_t records_per_file) {
  const std::vector<std::string> names = file_names(split);
  const fs::path folder = find_folder(path, names.front());
  images_.reserve(names.size() * static_cast<std::size_t>(records_per_file));
  for (const std::string& name : names) append(folder / name, records_per_file);
}

void Cifar10::append(const fs::path& file, std::int64_t records) {
  const std::int64_t expected_bytes = records * kRecordBytes;
  const std::int64_t found_bytes = file_size_bytes(file);
  if (found_bytes != expected_bytes) {
    throw Error(ErrorCode::kData, fmt::format("{}: expected {} bytes ({} records of {}), found {}", file.string(),
                                              expected_bytes, records, kRecordBytes, found_bytes));
  }
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> record(static_cast<std::size_t>(kRecordBytes));
  for (std::int64_t r = 0; r < records; ++r) {
    if (!stream.read(record.data(), kRecordBytes)) {
      throw Error(ErrorCode::kData, fmt::format("{}: can't read record {} of {}", file.string(), r, records));
    }
    unpack_record(record, images_.emplace_back());
    if (images_.back().label >= kClasses) {
      throw Error(ErrorCode::kData, fmt::format("{}: record {} (from 0): expected a label from 0 to {}, found {}",
                                                file.string(), r, kClasses - 1, images_.back().label));
    }
  }
}

std::string Cifar10::fingerprint() const {
  // Image has no padding (3,072 bytes and an int32), so its bytes are its value.
  static_assert(sizeof(Image) == kImageElements + sizeof(std::int32_t));
  return fmt::format("cifar10:{}:{:016x}", size(), XXH3_64bits(images_.data(), images_.size() * sizeof(Image)));
}

}  // namespace kindling
