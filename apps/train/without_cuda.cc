#include "apps/train/cuda_run.h"
#include "kernels/core/error.h"

namespace kindling {

std::string why_no_cuda_run() {
  return "this build has no CUDA backend";
}

int run_on_cuda(const TrainOptions& /*options*/, StopSignals& /*signals*/) {
  throw Error(ErrorCode::kInternal, "internal error: a run on CUDA in a build without it");
}

}  // namespace kindling
