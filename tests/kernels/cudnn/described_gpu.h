#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include "tests/support/source_path.h"

namespace kindling::test {

// The GPUs of the folder devices/ that know tf32 and bf16.
inline const char* const kDescribedGpus[] = {"a100_sxm", "h100_sxm"};

inline std::string described_gpu(const std::string& name) {
  std::ifstream file(test::source_path("tests/kernels/cudnn/devices/" + name + ".json"));
  EXPECT_TRUE(file) << "no description of " << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace kindling::test
