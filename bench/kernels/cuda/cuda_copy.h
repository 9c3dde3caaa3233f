#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kindling::bench {

// A copy from one place of the device's memory to another, the yardstick of ops that move memory: GB/s, bytes read plus
// bytes written. Waits for the stream. Throws Error(kDevice).
double device_copy_gbytes_per_s(cudaStream_t stream, std::int64_t bytes);

}  // namespace kindling::bench
