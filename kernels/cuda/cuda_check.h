#pragma once

#include <cuda_runtime_api.h>

#include <source_location>

namespace kindling {

// Throws Error(kDevice) unless the call succeeded: the call's name, CUDA's name and text for the error, file and line.
void check_cuda(cudaError_t result, const char* call, std::source_location where = std::source_location::current());

}  // namespace kindling
