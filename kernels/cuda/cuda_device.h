#pragma once

#include <string>

namespace kindling {

// The device_name() that a CudaContext on the device would have, without starting CUDA on it. For a device that can be
// used (why_no_cuda).
std::string cuda_device_name(int device = 0);

}  // namespace kindling
