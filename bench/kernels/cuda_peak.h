#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kindling::bench {

// What this GPU does at best, as the vendor's own library and copies reach it: the yardstick of the benchmarks. All of
// them wait for the stream. Throw Error(kDevice).

enum class Arithmetic { kFp32, kTf32, kBf16 };

// cuBLAS's product of two matrices of side x side random values, sums in fp32; GFLOP/s.
double product_gflops(cudaStream_t stream, Arithmetic arithmetic, std::int64_t side);

// A copy from one place of the device's memory to another; GB/s, bytes read plus bytes written.
double device_copy_gbytes_per_s(cudaStream_t stream, std::int64_t bytes);

}  // namespace kindling::bench
