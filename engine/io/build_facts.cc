// Apart from the rest of the run record, as this alone is compiled again when the commit changes.

#include "engine/io/run_record.h"
#include "git_state.h"  // made by git_state.cmake at every build

namespace kindling {
namespace {

// Of the CUDA backend: the toolkit's version, "13.0 on the CPU" in a build of tests/cuda_on_cpu, null without one.
nlohmann::ordered_json cuda_backend() {
  constexpr const char* kCuda = KINDLING_CUDA_BACKEND;
  return *kCuda == '\0' ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(kCuda);
}

}  // namespace

nlohmann::ordered_json build_facts() {
  return {{"version", KINDLING_VERSION},   {"git_commit", kGitCommit},          {"git_dirty", kGitDirty},
          {"compiler", KINDLING_COMPILER}, {"build_type", KINDLING_BUILD_TYPE}, {"sanitizer", KINDLING_SANITIZER},
          {"openmp", KINDLING_OPENMP_ON},  {"blas", KINDLING_BLAS_LIBRARY},     {"cuda", cuda_backend()}};
}

}  // namespace kindling
