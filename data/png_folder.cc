#include "data/png_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <span>
#include <system_error>

#include "data/file.h"
#include "data/png_codec.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;

// Names of the entries of a folder that pass `wanted`, sorted bytewise, hidden ones left out.
template <class Predicate>
std::vector<std::string> sorted_names(const fs::path& folder, const Predicate& wanted) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.front() != '.' && wanted(*entry)) names.push_back(name);
  }
  if (error) throw Error(ErrorCode::kData, fmt::format("can't list {}: {}", folder.string(), error.message()));
  std::sort(names.begin(), names.end());  // std::string compares as unsigned bytes
  return names;
}

std::vector<std::string> class_names(const fs::path& folder) {
  return sorted_names(folder, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_directory(ignored);
  });
}

// For a message: a folder may hold thousands.
std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  const std::span<const std::string> shown(names.data(), std::min(names.size(), kShown));
  return fmt::format("{}{}", fmt::join(shown, " "), names.size() > kShown ? " ..." : "");
}

void check_classes(const fs::path& root, Split split, const std::vector<std::string>& classes) {
  const fs::path folder = root / name_of(split);
  if (std::ssize(classes) != kClasses) {
    throw Error(ErrorCode::kData, fmt::format("{}: expected {} class folders, found {}: {}", folder.string(), kClasses,
                                              classes.size(), first_of(classes)));
  }
  // A class missing in one split would shift the labels of those after it.
  const fs::path other = root / name_of(split == Split::kTrain ? Split::kTest : Split::kTrain);
  std::error_code ignored;
  if (!fs::is_directory(other, ignored)) return;
  const std::vector<std::string> other_classes = class_names(other);
  if (other_classes != classes) {
    throw Error(ErrorCode::kData, fmt::format("{} and {} have different classes: {} against {}", folder.string(),
                                              other.string(), first_of(classes), first_of(other_classes)));
  }
}

}  // namespace

PngFolder::PngFolder(const fs::path& root, Split split, Cache cache) : root_(root), cache_(cache) {
  const fs::path folder = root / name_of(split);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw Error(ErrorCode::kData,
                fmt::format("wanted PNG files in {}/CLASS, found no folder of that name", folder.string()));
  }
  classes_ = class_names(folder);
  check_classes(root, split, classes_);
  for (std::size_t label = 0; label < classes_.size(); ++label) {
    append_class(fmt::format("{}/{}", name_of(split), classes_[label]), static_cast<std::int32_t>(label));
  }
  if (cache_ == Cache::kDecoded) {
    decoded_.resize(files_.size());
    decoded_state_ = std::vector<std::atomic<std::uint8_t>>(files_.size());
  }
}

void PngFolder::append_class(const std::string& folder, std::int32_t label) {
  const std::vector<std::string> names =
      sorted_names(root_ / folder, [](const fs::directory_entry& entry) { return entry.path().extension() == ".png"; });
  if (names.empty()) {
    throw Error(ErrorCode::kData, fmt::format("{}: expected *.png files, found none", (root_ / folder).string()));
  }
  for (const std::string& name : names) {
    File file{.name = fmt::format("{}/{}", folder, name), .bytes = 0, .label = label, .encoded = {}};
    const fs::path path = root_ / file.name;
    file.bytes = file_size_bytes(path);
    std::vector<std::uint8_t> bytes =
        cache_ == Cache::kEncoded ? read_png_file(path) : read_file(path, kPngHeaderBytes);
    check_png_header(bytes, path.string());
    if (cache_ == Cache::kEncoded) file.encoded = std::move(bytes);
    files_.push_back(std::move(file));
  }
}

void PngFolder::read(std::int64_t index, Image& image) const {
  const auto i = static_cast<std::size_t>(index);
  if (cache_ != Cache::kDecoded) {
    decode(files_[i], image);
    return;
  }
  if (decoded_state_[i].load(std::memory_order_acquire) == kReady) {
    image = decoded_[i];
    return;
  }
  decode(files_[i], image);
  std::uint8_t expected = kEmpty;
  if (decoded_state_[i].compare_exchange_strong(expected, kFilling, std::memory_order_relaxed)) {
    decoded_[i] = image;
    decoded_state_[i].store(kReady, std::memory_order_release);
  }
}

void PngFolder::decode(const File& file, Image& image) const {
  const fs::path path = root_ / file.name;
  if (cache_ == Cache::kEncoded) {
    decode_png(file.encoded, path.string(), image);
  } else {
    decode_png(read_png_file(path), path.string(), image);
  }
  image.label = file.label;
}

std::string PngFolder::fingerprint() const {
  std::string list;
  for (const File& file : files_) list += fmt::format("{}\n{}\n{}\n", file.name, file.bytes, file.label);
  return fmt::format("png:{}:{:016x}", size(), XXH3_64bits(list.data(), list.size()));
}

}  // namespace kindling
