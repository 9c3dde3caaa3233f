#pragma once

// Tensor cores (sm_80 and newer): 16 x 16 matrices of bf16, multiplied and summed in fp32. All 32 lanes of a warp call
// each function together and with the same arguments; together they hold a matrix, but which lane has which element is
// the hardware's business. A load or a store orders nothing: __syncwarp, at least, belongs between it and what other
// lanes store or load there.
//
//   LeftFragment::load(from, stride)      its element (i, d) is from[d * stride + i]
//   RightFragment::load(from, stride)     its element (d, j) is from[d * stride + j]
//   SumFragment                           zeros at first
//   SumFragment::add(left, right)         element (i, j) += sum over d of left (i, d) right (d, j)
//   SumFragment::store(to, stride)        to[i * stride + j] = element (i, j)
//
// Memory is shared memory, aligned to 32 bytes; strides are multiples of 16 bytes. g++ has a body of its own
// (tests/cuda_on_cpu/tensor_core.h): the one below is the only device code that runs on a GPU alone.
// Source: CUDA C++ Programming Guide, "Warp Matrix Functions".
#ifdef __CUDACC__

#include <mma.h>

#include "kernels/core/dtype.h"
#include "kernels/cuda/device_language.h"

namespace kindling {

inline constexpr int kFragmentSide = 16;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
using TensorCoreBf16 = __half;  // so that it compiles for older GPUs, on which CudaContext refuses bf16
#else
using TensorCoreBf16 = __nv_bfloat16;
#endif

template <class Use, class Element, class... MemoryOrder>
using WarpMatrix = nvcuda::wmma::fragment<Use, kFragmentSide, kFragmentSide, kFragmentSide, Element, MemoryOrder...>;

class LeftFragment {
 public:
  __device__ void load(const bfloat16* from, unsigned stride) {
    nvcuda::wmma::load_matrix_sync(matrix_, reinterpret_cast<const TensorCoreBf16*>(from), stride);
  }

 private:
  friend class SumFragment;
  WarpMatrix<nvcuda::wmma::matrix_a, TensorCoreBf16, nvcuda::wmma::col_major> matrix_;
};

class RightFragment {
 public:
  __device__ void load(const bfloat16* from, unsigned stride) {
    nvcuda::wmma::load_matrix_sync(matrix_, reinterpret_cast<const TensorCoreBf16*>(from), stride);
  }

 private:
  friend class SumFragment;
  WarpMatrix<nvcuda::wmma::matrix_b, TensorCoreBf16, nvcuda::wmma::row_major> matrix_;
};

class SumFragment {
 public:
  __device__ SumFragment() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
    __trap();
#endif
    nvcuda::wmma::fill_fragment(matrix_, 0.0F);
  }
  __device__ void add(const LeftFragment& left, const RightFragment& right) {
    nvcuda::wmma::mma_sync(matrix_, left.matrix_, right.matrix_, matrix_);
  }
  __device__ void store(float* to, unsigned stride) const {
    nvcuda::wmma::store_matrix_sync(to, matrix_, stride, nvcuda::wmma::mem_row_major);
  }

 private:
  WarpMatrix<nvcuda::wmma::accumulator, float> matrix_;
};

}  // namespace kindling

#else
#include "tests/cuda_on_cpu/tensor_core.h"
#endif
