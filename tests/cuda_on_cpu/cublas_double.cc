// A double of the part of cuBLAS that kernels/cuda/blas.cc uses: checks like the library at the call, plain loops in
// float when the stream gets there, and a workspace that holds nothing afterwards.

#include <cublas_v2.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/core/dtype.h"
#include "tests/cuda_on_cpu/runtime.h"

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of cuBLAS

struct cublasContext {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
};

namespace {

// A column-major operand of floats or bfloat16: rows x columns in memory, `leading` elements from column to column.
struct Operand {
  const void* data;
  cudaDataType type;
  int rows;
  int columns;
  int leading;
  bool transposed;

  std::int64_t place(int row, int column) const {
    return transposed ? std::int64_t{row} * leading + column : std::int64_t{column} * leading + row;
  }
  float at(int row, int column) const {
    const std::int64_t i = place(row, column);
    return type == CUDA_R_32F ? static_cast<const float*>(data)[i]
                              : static_cast<float>(static_cast<const kindling::bfloat16*>(data)[i]);
  }
  void set(int row, int column, float value) const {
    const std::int64_t i = place(row, column);
    if (type == CUDA_R_32F) {
      static_cast<float*>(const_cast<void*>(data))[i] = value;
    } else {
      static_cast<kindling::bfloat16*>(const_cast<void*>(data))[i] = kindling::bfloat16(value);
    }
  }
  bool fits() const { return rows >= 0 && columns >= 0 && leading >= std::max(1, rows) && data != nullptr; }
  Range range(Access access) const {
    const std::int64_t elements = rows == 0 || columns == 0 ? 0 : std::int64_t{columns - 1} * leading + rows;
    const std::size_t size = type == CUDA_R_32F ? sizeof(float) : sizeof(kindling::bfloat16);
    return {data, static_cast<std::size_t>(elements) * size, access};
  }
};

// To nearest with 10 bits of mantissa, ties to even: what tensor cores read of an fp32 value.
float to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0xfffU + (bits >> 13U & 1U)) & ~0x1fffU);
}

struct Product {
  Operand a;
  Operand b;
  Operand c;
  int depth;
  float alpha;
  float beta;
  bool tf32;

  void run() const {
    for (int column = 0; column < c.columns; ++column) {
      for (int row = 0; row < c.rows; ++row) {
        float sum = 0;
        for (int i = 0; i < depth; ++i) {
          const float left = a.at(row, i);
          const float right = b.at(i, column);
          sum += tf32 ? to_tf32(left) * to_tf32(right) : left * right;
        }
        // beta 0: what is there is not read
        c.set(row, column, beta == 0 ? alpha * sum : alpha * sum + beta * c.at(row, column));
      }
    }
  }
};

}  // namespace

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

// As the library's: a new stream puts the handle back to its own workspace.
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  handle->workspace = nullptr;
  handle->workspace_bytes = 0;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  if (!in_device_memory(workspace, bytes)) return CUBLAS_STATUS_INVALID_VALUE;
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t a_operation, cublasOperation_t b_operation, int m,
                            int n, int k, const void* alpha, const void* a, cudaDataType a_type, int a_leading,
                            const void* b, cudaDataType b_type, int b_leading, const void* beta, void* c,
                            cudaDataType c_type, int c_leading, cublasComputeType_t compute,
                            cublasGemmAlgo_t /*algorithm*/) {
  const bool tf32 = compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  const bool bf16 = compute == CUBLAS_COMPUTE_32F;
  if (!tf32 && !bf16 && compute != CUBLAS_COMPUTE_32F_PEDANTIC) return CUBLAS_STATUS_NOT_SUPPORTED;
  const cudaDataType type = bf16 ? CUDA_R_16BF : CUDA_R_32F;
  if (a_type != type || b_type != type || c_type != type) return CUBLAS_STATUS_NOT_SUPPORTED;
  const auto operand = [type](const void* data, cublasOperation_t operation, int rows, int columns, int leading) {
    const bool transposed = operation != CUBLAS_OP_N;
    return Operand{data, type, transposed ? columns : rows, transposed ? rows : columns, leading, transposed};
  };
  const Product product{.a = operand(a, a_operation, m, k, a_leading),
                        .b = operand(b, b_operation, k, n, b_leading),
                        .c = operand(c, CUBLAS_OP_N, m, n, c_leading),
                        .depth = k,
                        .alpha = *static_cast<const float*>(alpha),
                        .beta = *static_cast<const float*>(beta),
                        .tf32 = tf32};
  if (handle == nullptr || !product.a.fits() || !product.b.fits() || !product.c.fits()) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  const Access c_access = product.beta == 0 ? Access::kWrite : Access::kReadWrite;
  void* const workspace = handle->workspace;
  const std::size_t workspace_bytes = handle->workspace_bytes;
  const cudaError_t result = enqueue_op(handle->stream, "cublasGemmEx",
                                        {product.a.range(Access::kRead),
                                         product.b.range(Access::kRead),
                                         product.c.range(c_access),
                                         {workspace, workspace_bytes, Access::kWrite}},
                                        [product, workspace, workspace_bytes] {
                                          product.run();
                                          spoil(workspace, workspace_bytes);
                                        });
  return result == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

const char* cublasGetStatusName(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "a status of the double";
}

const char* cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "success" : "refused by the double of tests/cuda_on_cpu";
}
