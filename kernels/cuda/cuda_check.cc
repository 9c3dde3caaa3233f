#include "kernels/cuda/cuda_check.h"

#include <string>
#include <string_view>

#include "kernels/core/error.h"

namespace kindling {
namespace {

// The path inside the project, wherever it was built.
std::string_view path_in_project(std::string_view path) {
  const std::size_t at = path.rfind("kernels/");
  return at == std::string_view::npos ? path : path.substr(at);
}

}  // namespace

void check_cuda(cudaError_t result, const char* call, std::source_location where) {
  if (result == cudaSuccess) return;
  std::string message = std::string(call) + ": " + cudaGetErrorName(result) + " (" + cudaGetErrorString(result) + "), ";
  message += path_in_project(where.file_name());
  throw Error(ErrorCode::kDevice, message + ":" + std::to_string(where.line()));
}

}  // namespace kindling
