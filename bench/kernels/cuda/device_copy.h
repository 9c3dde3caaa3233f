#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kindling::bench {

// A copy from one place of a GPU's memory to another at best, GB/s, bytes read plus bytes written: the yardstick of ops
// that only move data. Waits for the stream. Throws Error(kDevice).
double device_copy_gbytes_per_s(cudaStream_t stream, std::int64_t bytes);

}  // namespace kindling::bench
