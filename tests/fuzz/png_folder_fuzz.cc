// The names in a PNG folder. Input: one entry of the folder a line, at most kMostEntries; the first letter says which:
//   d NAME   a class of both splits, which the lines behind it fill
//   t NAME   the same, but only in train
//   f NAME   an image in it        e NAME   an empty file
//   l NAME   a link to itself      p NAME   a named pipe        s NAME   a folder

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

#include "data/png_codec.h"
#include "data/png_folder.h"
#include "tests/fuzz/harness.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;
constexpr int kMostEntries = 48;

const std::string& image_file() {
  static const std::string bytes = [] {
    const std::vector<std::uint8_t> png = encode_png(Image{});
    return std::string(png.begin(), png.end());
  }();
  return bytes;
}

// Makes the folder that the lines describe; what the file system refuses is left out.
class Maker {
 public:
  explicit Maker(const fs::path& root) : root_(root) {}

  void add(char kind, const std::string& name) {
    std::error_code ignored;
    if (kind == 'd' || kind == 't') {
      class_ = root_ / "train" / name;
      fs::create_directories(class_, ignored);
      if (kind == 'd') fs::create_directories(root_ / "test" / name, ignored);
    } else if (!class_.empty()) {
      add_entry(kind, class_ / name);
    }
  }

 private:
  static void add_entry(char kind, const fs::path& path) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored))) return;
    if (kind == 'f' || kind == 'e') std::ofstream(path, std::ios::binary) << (kind == 'f' ? image_file() : "");
    if (kind == 'l') fs::create_symlink(path.filename(), path, ignored);
    if (kind == 'p') mkfifo(path.c_str(), 0600);
    if (kind == 's') fs::create_directory(path, ignored);
  }

  fs::path root_;
  fs::path class_;
};

// Names with '/' or a zero byte, or of "." and "..", would lead out of the folder: no listing has them.
bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

void fill(const fs::path& root, std::string_view lines) {
  Maker maker(root);
  for (int i = 0; i < kMostEntries && !lines.empty(); ++i) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.size() > 2 && is_name(line.substr(2))) maker.add(line[0], std::string(line.substr(2)));
  }
}

void read(const PngFolder& set) {
  const auto& classes = set.classes();
  fuzz::promise(classes.size() == kClasses && std::is_sorted(classes.begin(), classes.end()), "ten classes, sorted");
  std::int32_t last_label = 0;
  Image image{};
  for (std::int64_t i = 0; i < set.size(); ++i) {
    set.read(i, image);
    fuzz::promise(image.label == last_label || image.label == last_label + 1, "labels in the order of the classes");
    last_label = image.label;
  }
  fuzz::promise(last_label == kClasses - 1, "no class without images");
}

}  // namespace
}  // namespace kindling

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  static const fuzz::Folder folder;
  const std::filesystem::path root = folder.path() / "set";
  fill(root, fuzz::text_of(data, size));
  fuzz::accepts(ErrorCode::kData, [&] {
    const PngFolder set(root, Split::kTrain, Cache::kNone);
    read(set);
    fuzz::promise(PngFolder(root, Split::kTrain, Cache::kEncoded).fingerprint() == set.fingerprint(),
                  "a fingerprint that the cache doesn't change");
  });
  std::filesystem::remove_all(root);
  return 0;
}
