#pragma once

#include <cudnn.h>

#include <source_location>
#include <string>

namespace kindling {

// "9.19.0", of the library that runs, not of the headers.
std::string cudnn_version();

// Throws Error(kDevice) unless the call succeeded: the call, cuDNN's name for the status, its last-error message, file
// and line, on one line.
void check_cudnn(cudnnStatus_t status, const std::string& call,
                 std::source_location where = std::source_location::current());

}  // namespace kindling
