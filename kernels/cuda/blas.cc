#include "kernels/cuda/blas.h"

#include <limits>
#include <string>

#include "kernels/core/error.h"

namespace kindling {
namespace {

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

Blas::Blas(cudaStream_t stream, bool tf32, std::size_t workspace_bytes)
    : compute_(tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F_PEDANTIC) {
  cublasHandle_t handle = nullptr;
  check_cublas(cublasCreate(&handle), "cublasCreate");
  handle_.reset(handle);
  workspace_ = allocate_device(workspace_bytes, "cuBLAS workspace");
  check_cublas(cublasSetStream(handle, stream), "cublasSetStream");
  check_cublas(cublasSetWorkspace(handle, workspace_.get(), workspace_bytes), "cublasSetWorkspace");
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

void Blas::multiply(const MatrixProduct& size, const bfloat16* a, const bfloat16* b, bfloat16* c) {
  const float alpha = 1;
  const float beta = 0;
  const int columns = as_int(size.columns);
  const int depth = as_int(size.depth);
  check_cublas(cublasGemmEx(handle_.get(), CUBLAS_OP_N, CUBLAS_OP_N, columns, as_int(size.rows), depth, &alpha, b,
                            CUDA_R_16BF, columns, a, CUDA_R_16BF, depth, &beta, c, CUDA_R_16BF, columns,
                            CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
               "cublasGemmEx");
}

}  // namespace kindling
