#include "apps/compare_devices/cuda_side.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorCode::kInternal, "internal error: a GPU was to be measured in a build without CUDA");
}

}  // namespace

std::string why_no_cuda_side() {
  return "this build has no CUDA backend";
}

std::string describe_cuda() {
  refuse();
}

bool cuda_has(Precision /*precision*/) {
  refuse();
}

Measurement measure_cuda(const CompareOptions& /*options*/, Precision /*precision*/) {
  refuse();
}

std::vector<StepComparison> compare_cuda_steps(CpuContext<float>& /*cpu*/, const CompareOptions& /*options*/,
                                               Precision /*precision*/, const std::vector<HostBatch>& /*batches*/) {
  refuse();
}

}  // namespace kindling
