#include "data/export_png.h"

#include <fmt/format.h>

#include <system_error>
#include <vector>

#include "data/file.h"
#include "data/png_codec.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder, error)) {
    throw Error(ErrorCode::kOutput, fmt::format("can't make folder {}: {}", folder.string(),
                                                error ? error.message() : "something else has that name"));
  }
}

// Images of an earlier export would otherwise stay among the new ones.
void remove_png_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> old;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".png") old.push_back(entry->path());
  }
  for (const fs::path& file : old) {
    if (!error) fs::remove(file, error);
  }
  if (error) {
    throw Error(ErrorCode::kOutput, fmt::format("can't empty folder {}: {}", folder.string(), error.message()));
  }
}

fs::path class_folder(const PngExportOptions& options, Split split, const std::string& name) {
  return options.output / name_of(split) / name;
}

}  // namespace

void prepare_export_folder(const PngExportOptions& options) {
  make_folder(options.output);
  std::error_code error;
  const bool empty = fs::is_empty(options.output, error);
  if (error) {
    throw Error(ErrorCode::kOutput, fmt::format("can't list folder {}: {}", options.output.string(), error.message()));
  }
  if (!options.overwrite && !empty) {
    throw Error(ErrorCode::kOutput,
                fmt::format("{} is not empty (--overwrite replaces the PNG files in it)", options.output.string()));
  }
}

std::int64_t export_png(const Dataset& dataset, Split split, const PngExportOptions& options) {
  for (const std::string& name : dataset.classes()) {
    make_folder(class_folder(options, split, name));
    remove_png_files(class_folder(options, split, name));
  }
  std::vector<std::int64_t> written(dataset.classes().size(), 0);
  std::int64_t total = 0;
  Image image;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    dataset.read(i, image);
    const auto label = static_cast<std::size_t>(image.label);
    if (options.limit_per_class > 0 && written[label] == options.limit_per_class) continue;
    write_file(class_folder(options, split, dataset.classes()[label]) / fmt::format("{:06}.png", i), encode_png(image));
    ++written[label];
    ++total;
  }
  return total;
}

}  // namespace kindling
