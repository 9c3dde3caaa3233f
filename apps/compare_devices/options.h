#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "apps/common_options.h"

namespace kindling {

// What the user asked kindling-compare-devices for. Every device trains as the task says: SGD, lr 0.1, momentum 0.9,
// weight decay 5e-4.
struct CompareOptions : DataOptions {
  NetworkOptions network;
  int threads = 0;                                                           // of the CPU; 0: one for each it may use
  std::vector<Precision> precisions = {Precision::kFp32, Precision::kBf16};  // on every device that has them

  std::int64_t epochs = 5;
  bool sync_timing = false;         // wait for each step on a GPU, so that data and compute add up
  std::int64_t compare_steps = 10;  // of which the losses are compared
  std::int64_t peak_extent = 8192;  // of the matrices that measure a GPU's peak
  bool require_cuda = false;

  std::filesystem::path output_dir = "out";
  bool overwrite = false;
};

// Reads the command line. Empty when --help or --version was all that was asked. Throws Error(kUsage) for what is
// unknown, impossible or contradictory.
std::optional<CompareOptions> parse_compare_options(int argc, const char* const* argv);

}  // namespace kindling
