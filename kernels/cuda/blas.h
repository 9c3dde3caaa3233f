#pragma once

#include <cublas_v2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/cuda/device_memory.h"

namespace kindling {

// A row-major matrix of floats in device memory, `leading` elements from row to row; `transposed`: the product takes
// its transpose.
struct MatrixOperand {
  const float* data;
  std::int64_t leading;
  bool transposed = false;
};

struct MatrixProduct {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
};

// The only place that calls cuBLAS. The handle works on one stream and in a workspace of its own, so that its results
// are the same every time and its calls can be captured into a graph.
class Blas {
 public:
  // What NVIDIA's documentation of cublasSetWorkspace recommends up to sm_86; the network's products are far smaller
  // than those that profit from the 32 MiB for sm_90.
  static constexpr std::size_t kWorkspaceBytes = std::size_t{4} << 20U;

  // tf32: products of floats round their inputs to 11 bits (tensor cores); else all their arithmetic is fp32.
  Blas(cudaStream_t stream, bool tf32, std::size_t workspace_bytes = kWorkspaceBytes);

  // c [rows][columns] = beta c + a b, where a is [rows][depth] and b [depth][columns] after transposition. c is dense.
  void multiply(const MatrixProduct& size, const MatrixOperand& a, const MatrixOperand& b, float beta, float* c);

  // c = a b in bf16 on tensor cores, summed in fp32 and rounded once. Dense matrices, nothing transposed.
  void multiply(const MatrixProduct& size, const bfloat16* a, const bfloat16* b, bfloat16* c);

 private:
  struct Destroy {
    void operator()(cublasHandle_t handle) const noexcept { static_cast<void>(cublasDestroy(handle)); }
  };

  std::unique_ptr<std::remove_pointer_t<cublasHandle_t>, Destroy> handle_;
  DeviceMemory workspace_;
  cublasComputeType_t compute_;
};

}  // namespace kindling
