// Apart from the rest of the run record, as this alone is compiled again when the commit changes.
#include "engine/io/run_record.h"
#include "git_state.h"  // made by git_state.cmake at every build

namespace kindling {

nlohmann::ordered_json build_facts() {
  return {{"version", KINDLING_VERSION},   {"git_commit", kGitCommit},          {"git_dirty", kGitDirty},
          {"compiler", KINDLING_COMPILER}, {"build_type", KINDLING_BUILD_TYPE}, {"sanitizer", KINDLING_SANITIZER},
          {"openmp", KINDLING_OPENMP_ON},  {"blas", KINDLING_BLAS_LIBRARY}};
}

}  // namespace kindling
