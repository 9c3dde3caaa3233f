#include "kernels/cuda/cuda_check.h"

#include <string>

#include "kernels/core/error.h"
#include "kernels/cuda/source_place.h"

namespace kindling {

void check_cuda(cudaError_t result, const char* call, std::source_location where) {
  if (result == cudaSuccess) return;
  throw Error(ErrorCode::kDevice, std::string(call) + ": " + cudaGetErrorName(result) + " (" +
                                      cudaGetErrorString(result) + "), " + source_place(where));
}

}  // namespace kindling
