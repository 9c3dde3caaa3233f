#pragma once

#include <vector_types.h>

namespace kindling::cuda_on_cpu {

// threadIdx, blockIdx, blockDim and gridDim of the device thread that runs; set by the block runner alone.
struct DeviceIndex {
  uint3 thread{};
  uint3 block{};
  dim3 block_size;
  dim3 grid_size;
};
extern DeviceIndex device_index;

}  // namespace kindling::cuda_on_cpu
