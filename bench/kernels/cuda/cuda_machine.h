#pragma once

#include <cuda_runtime_api.h>

#include <string>
#include <type_traits>

#include "bench/kernels/cuda/cuda_copy.h"
#include "bench/kernels/settings.h"
#include "kernels/core/dtype.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/product_peak.h"

namespace kindling::bench {

// One GPU, for op_bench.h. Activations are what the build says (KINDLING_BENCH_CUDA): float or bfloat16.
using C = CudaContext<KINDLING_BENCH_CUDA>;

constexpr double kStepSeconds = 2e-3;  // far more than a launch and a wait take

inline C make_context(const Settings& settings) {
  return C({.conv = settings.conv, .tf32 = settings.tf32});
}
inline std::string device_name(C& context) {
  return context.device_name();
}
inline void synchronize(C& context) {
  check_cuda(cudaStreamSynchronize(context.stream()), "cudaStreamSynchronize");
}

inline std::int64_t cache_bytes(C& /*context*/) {
  int bytes = 0;
  check_cuda(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, 0), "cudaDeviceGetAttribute");
  return bytes;
}
inline double peak_gflops(C& /*context*/, const Settings& settings) {
  const auto type = std::is_same_v<C::activation_t, bfloat16> ? ProductType::kBf16
                    : settings.tf32                           ? ProductType::kTf32
                                                              : ProductType::kFp32;
  return product_flops_per_s(type, settings.tiny ? 64 : 8192) * 1e-9;
}
inline double copy_gbytes_per_s(C& context, const Settings& settings) {
  return device_copy_gbytes_per_s(context.stream(), std::int64_t{1} << (settings.tiny ? 20U : 30U));
}

}  // namespace kindling::bench
