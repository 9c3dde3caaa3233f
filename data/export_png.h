#pragma once

#include <cstdint>
#include <filesystem>

#include "data/dataset.h"

namespace kindling {

struct PngExportOptions {
  std::filesystem::path output;
  std::int64_t limit_per_class = 0;  // the first so many images of every class; 0: all
  bool overwrite = false;
};

// Makes the output folder if it isn't there. Throws Error(kOutput) if it can't, or if the folder holds anything and
// `overwrite` is false.
void prepare_export_folder(const PngExportOptions& options);

// Writes a split as OUTPUT/{train,test}/CLASS/NNNNNN.png, numbered by the image's index in the set, so that PngFolder
// lists a class in the order of the set. PNG files that a class folder already holds are removed first. Returns how
// many images were written. Throws Error(kOutput); Error(kData) from reading.
std::int64_t export_png(const Dataset& dataset, Split split, const PngExportOptions& options);

}  // namespace kindling
