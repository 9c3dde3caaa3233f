#include "kernels/cuda/product_peak.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/core/clock.h"
#include "kernels/cuda/blas.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/device_memory.h"
#include "kernels/cuda/stream.h"

namespace kindling {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20U;  // NVIDIA's recommendation for sm_90
constexpr int kRepeats = 5;
constexpr int kProducts = 10;  // of one repeat: launches and the wait don't count among so many
constexpr std::int64_t kPatternElements = std::int64_t{1} << 20U;

// A square matrix of random numbers in [-1, 1), which recur after kPatternElements.
template <class T>
DeviceMemory random_matrix(std::int64_t n, std::uint32_t seed, cudaStream_t stream) {
  std::vector<T> pattern(static_cast<std::size_t>(std::min(n * n, kPatternElements)));
  for (T& value : pattern) {
    seed = seed * 1664525U + 1013904223U;
    value = T(static_cast<float>(seed >> 8U) * 0x1p-23F - 1.0F);
  }
  const std::size_t bytes = static_cast<std::size_t>(n * n) * sizeof(T);
  const std::size_t pattern_bytes = pattern.size() * sizeof(T);
  DeviceMemory matrix = allocate_device(bytes, "matrix of the peak measurement");
  for (std::size_t at = 0; at < bytes; at += pattern_bytes) {
    check_cuda(cudaMemcpyAsync(matrix.get() + at, pattern.data(), std::min(pattern_bytes, bytes - at),
                               cudaMemcpyHostToDevice, stream),
               "cudaMemcpyAsync");
  }
  check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");  // the pattern goes
  return matrix;
}

template <class T>
T* as(const DeviceMemory& memory) {
  return reinterpret_cast<T*>(memory.get());
}

void multiply(Blas& blas, const MatrixProduct& size, const float* a, const float* b, float* c) {
  blas.multiply(size, {.data = a, .leading = size.depth}, {.data = b, .leading = size.columns}, 0.0F, c);
}

void multiply(Blas& blas, const MatrixProduct& size, const bfloat16* a, const bfloat16* b, bfloat16* c) {
  blas.multiply(size, a, b, c);
}

template <class T>
double measure(bool tf32, std::int64_t n) {
  const Stream stream = make_stream();
  Blas blas(stream.get(), tf32, kWorkspaceBytes);
  const DeviceMemory a = random_matrix<T>(n, 1, stream.get());
  const DeviceMemory b = random_matrix<T>(n, 2, stream.get());
  const DeviceMemory c = random_matrix<T>(n, 3, stream.get());
  const double seconds = best_seconds(kRepeats, [&] {
    for (int i = 0; i < kProducts; ++i) {
      multiply(blas, {.rows = n, .columns = n, .depth = n}, as<T>(a), as<T>(b), as<T>(c));
    }
    check_cuda(cudaStreamSynchronize(stream.get()), "cudaStreamSynchronize");
  });
  const auto extent = static_cast<double>(n);
  return 2 * extent * extent * extent * kProducts / seconds;
}

}  // namespace

double product_flops_per_s(ProductType type, std::int64_t n) {
  return type == ProductType::kBf16 ? measure<bfloat16>(false, n) : measure<float>(type == ProductType::kTf32, n);
}

}  // namespace kindling
