#include "kernels/cuda/blas.h"

#include <limits>
#include <string>

#include "kernels/core/error.h"

namespace kindling {
namespace {

// What NVIDIA's documentation of cublasSetWorkspace recommends up to sm_86; our products are far smaller than those
// that profit from the 32 MiB for sm_90.
constexpr std::size_t kWorkspaceBytes = std::size_t{4} << 20U;

void check_cublas(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error(ErrorCode::kDevice,
              std::string(call) + ": " + cublasGetStatusName(status) + " (" + cublasGetStatusString(status) + ")");
}

int as_int(std::int64_t extent) {
  require(extent >= 0 && extent <= std::numeric_limits<int>::max(), "a matrix extent doesn't fit cuBLAS's int");
  return static_cast<int>(extent);
}

}  // namespace

Blas::Blas(cudaStream_t stream, bool tf32)
    : compute_(tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F_PEDANTIC) {
  cublasHandle_t handle = nullptr;
  check_cublas(cublasCreate(&handle), "cublasCreate");
  handle_.reset(handle);
  workspace_ = allocate_device(kWorkspaceBytes, "cuBLAS workspace");
  check_cublas(cublasSetStream(handle, stream), "cublasSetStream");
  check_cublas(cublasSetWorkspace(handle, workspace_.get(), kWorkspaceBytes), "cublasSetWorkspace");
}

// cuBLAS counts columns first. A row-major matrix is the transpose of the column-major one in the same memory, so that
// it gets c' = b' a': the operands in the other order.
void Blas::multiply(const MatrixProduct& size, const MatrixOperand& a, const MatrixOperand& b, float beta, float* c) {
  const float alpha = 1;
  const auto operation = [](const MatrixOperand& operand) { return operand.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  check_cublas(
      cublasGemmEx(handle_.get(), operation(b), operation(a), as_int(size.columns), as_int(size.rows),
                   as_int(size.depth), &alpha, b.data, CUDA_R_32F, as_int(b.leading), a.data, CUDA_R_32F,
                   as_int(a.leading), &beta, c, CUDA_R_32F, as_int(size.columns), compute_, CUBLAS_GEMM_DEFAULT),
      "cublasGemmEx");
}

}  // namespace kindling
