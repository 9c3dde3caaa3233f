#include "bench/kernels/cuda_peak.h"

#include <cublas_v2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/core/clock.h"
#include "kernels/core/dtype.h"
#include "kernels/core/error.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/device_memory.h"

namespace kindling::bench {
namespace {

constexpr int kRepeats = 5;
constexpr int kRunsPerRepeat = 10;

struct DestroyCublas {
  void operator()(cublasHandle_t handle) const noexcept { static_cast<void>(cublasDestroy(handle)); }
};
using Cublas = std::unique_ptr<std::remove_pointer_t<cublasHandle_t>, DestroyCublas>;

void check_cublas(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw Error(ErrorCode::kDevice, std::string(call) + ": " + cublasGetStatusName(status));
  }
}

// The shortest of a few runs of the enqueued work, in seconds; the first warms up.
template <class Enqueue>
double best_seconds(cudaStream_t stream, const Enqueue& enqueue) {
  double best = 0;
  for (int repeat = 0; repeat <= kRepeats; ++repeat) {
    const Stopwatch watch;
    for (int i = 0; i < kRunsPerRepeat; ++i) enqueue();
    check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    const double seconds = watch.elapsed_s() / kRunsPerRepeat;
    best = repeat <= 1 ? seconds : std::min(best, seconds);
  }
  return best;
}

// side x side values in [-1, 1) in device memory; products of zeros run faster than any that matter.
template <class T>
DeviceMemory random_matrix(cudaStream_t stream, std::int64_t side, std::uint32_t seed) {
  std::vector<T> host(static_cast<std::size_t>(side * side));
  for (T& value : host) {
    seed = seed * 1664525U + 1013904223U;
    value = static_cast<T>(static_cast<float>(seed >> 8U) * 0x1p-23F - 1.0F);
  }
  const std::size_t bytes = host.size() * sizeof(T);
  DeviceMemory memory = allocate_device(bytes, "matrix of the peak measurement");
  check_cuda(cudaMemcpyAsync(memory.get(), host.data(), bytes, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
  check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return memory;
}

template <class T>
double product_seconds(cudaStream_t stream, std::int64_t side, cudaDataType type, cublasComputeType_t compute) {
  cublasHandle_t raw = nullptr;
  check_cublas(cublasCreate(&raw), "cublasCreate");
  const Cublas handle(raw);
  constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20U;  // NVIDIA's advice for sm_90
  const DeviceMemory workspace = allocate_device(kWorkspaceBytes, "cuBLAS workspace");
  check_cublas(cublasSetStream(raw, stream), "cublasSetStream");
  check_cublas(cublasSetWorkspace(raw, workspace.get(), kWorkspaceBytes), "cublasSetWorkspace");
  const DeviceMemory a = random_matrix<T>(stream, side, 1);
  const DeviceMemory b = random_matrix<T>(stream, side, 2);
  const DeviceMemory c = random_matrix<T>(stream, side, 3);
  const int n = static_cast<int>(side);
  const float alpha = 1;
  const float beta = 0;
  return best_seconds(stream, [&] {
    check_cublas(cublasGemmEx(raw, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &alpha, a.get(), type, n, b.get(), type, n, &beta,
                              c.get(), type, n, compute, CUBLAS_GEMM_DEFAULT),
                 "cublasGemmEx");
  });
}

}  // namespace

double product_gflops(cudaStream_t stream, Arithmetic arithmetic, std::int64_t side) {
  const auto extent = static_cast<double>(side);
  const double flops = 2 * extent * extent * extent;
  switch (arithmetic) {
    case Arithmetic::kBf16:
      return flops * 1e-9 / product_seconds<bfloat16>(stream, side, CUDA_R_16BF, CUBLAS_COMPUTE_32F);
    case Arithmetic::kTf32:
      return flops * 1e-9 / product_seconds<float>(stream, side, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
    case Arithmetic::kFp32:
      break;
  }
  return flops * 1e-9 / product_seconds<float>(stream, side, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC);
}

double device_copy_gbytes_per_s(cudaStream_t stream, std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  const DeviceMemory from = allocate_device(size, "source of the copy measurement");
  const DeviceMemory to = allocate_device(size, "target of the copy measurement");
  check_cuda(cudaMemsetAsync(from.get(), 1, size, stream), "cudaMemsetAsync");
  const double seconds = best_seconds(stream, [&] {
    check_cuda(cudaMemcpyAsync(to.get(), from.get(), size, cudaMemcpyDeviceToDevice, stream), "cudaMemcpyAsync");
  });
  return 2.0 * static_cast<double>(bytes) / seconds * 1e-9;
}

}  // namespace kindling::bench
