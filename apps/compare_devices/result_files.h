#pragma once

#include <filesystem>
#include <string>

#include "apps/compare_devices/options.h"
#include "apps/compare_devices/result.h"
#include "engine/io/file_system_calls.h"

namespace kindling {

// What a comparison leaves in its output folder: devices.csv, losses.csv and comparison.json. Each is written whole,
// and again as results come in, so that a program that is killed leaves what was done.
class ResultFiles {
 public:
  // Makes the folder. Throws Error(kUsage) where results are there and may not be overwritten, Error(kOutput) where the
  // folder can't be made.
  explicit ResultFiles(const CompareOptions& options);

  // comparison.json: options, devices, machine and build. Throws Error(kOutput), as `write`.
  void write_record(const std::string& cpu, const std::string& cuda);
  void write(const Comparison& comparison);

 private:
  CompareOptions options_;
  FileSystemCalls calls_;
};

}  // namespace kindling
