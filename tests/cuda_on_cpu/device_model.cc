#include "tests/cuda_on_cpu/device_model.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {

DeviceModel DeviceModel::of_environment() {
  DeviceModel model;
  const char* const value = std::getenv("KINDLING_CUDA_DEVICE");
  if (value == nullptr) return model;
  const std::string text(value);
  int number = 0;
  if (text == "none") {
    model.count_result = cudaErrorNoDevice;
  } else if (text == "old-driver") {
    model.count_result = cudaErrorInsufficientDriver;
  } else if (std::sscanf(value, "sm_%d", &number) == 1 && number >= 10) {
    model.major = number / 10;
    model.minor = number % 10;
  } else if (std::sscanf(value, "%dMiB", &number) == 1 && number > 0) {
    model.memory_bytes = static_cast<std::size_t>(number) << 20U;
  } else {
    report("KINDLING_CUDA_DEVICE names no device that there is: " + text);
  }
  return model;
}

}  // namespace kindling::cuda_on_cpu
