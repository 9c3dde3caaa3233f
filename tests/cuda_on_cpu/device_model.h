#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "tests/cuda_on_cpu/device_limits.h"

namespace kindling::cuda_on_cpu {

// What a program finds when it looks for a device. The environment variable KINDLING_CUDA_DEVICE says so, for tests of
// programs that must get along without:
//
//   none         no device                         sm_75        one of compute capability 7.5
//   old-driver   a driver older than the toolkit   512MiB       one with so much memory
//
// and without it, one device of sm_90 with 16 GiB. Any other value ends the process.
struct DeviceModel {
  cudaError_t count_result = cudaSuccess;
  int major = DeviceLimits::kMajor;
  int minor = DeviceLimits::kMinor;
  std::size_t memory_bytes = std::size_t{16} << 30;

  static DeviceModel of_environment();
};

}  // namespace kindling::cuda_on_cpu
