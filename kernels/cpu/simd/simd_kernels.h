#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/cpu/simd/bf16_kernels.h"
#include "kernels/cpu/simd/isa.h"
#include "kernels/cpu/simd/tile_pair.h"
#include "kernels/cpu/simd/winograd_kernels.h"

namespace kindling {

// The inner loops of the CPU ops, compiled once per instruction set. All of them are single-threaded, allocate nothing
// and do their sums in an order that depends on their arguments alone.

// c[i][j] (+)= sum over pairs and d of A[d][i] B[d][j], for i < rows <= tile_rows, j < columns <= tile_columns, where A
// is the dense [depth][tile_rows] block at a + pair.a * a_step and B the dense [depth][tile_columns] block at b +
// pair.b * b_step: a product of small matrices summed over a list of operands (batch-reduce GEMM; Georganas et al.,
// "High-Performance Deep Learning via a Single Building Block", 2019). The whole sum is kept in registers, in the order
// of the list. No pairs: the sum is zero.
struct TileProduct {
  const float* a;
  const float* b;
  std::int64_t a_step;
  std::int64_t b_step;
  const TilePair* pairs;
  std::int64_t count;
  std::int64_t depth;
  float* c;
  std::int64_t c_row_stride;
  std::int64_t rows;
  std::int64_t columns;
  bool accumulate;  // c += instead of c =
};

// A matrix of `rows` rows, row_stride apart, and `columns` columns, that is to be packed to panels `width` wide: packed
// rows are packed_stride apart, panels panel_stride.
struct Strip {
  const float* source;
  std::int64_t row_stride;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t width;
  std::int64_t packed_stride;
  std::int64_t panel_stride;
};

// y = f(raw * scale + shift + residual * residual_scale + residual_shift) over `pixels` rows of `channels`, which are
// `stride` apart in raw, residual and y; a null scale means 1 and 0, a null residual means none. y may be raw or
// residual. T is the type of activations.
template <class T>
struct PointwiseRows {
  const T* raw;
  const float* scale;
  const float* shift;
  const T* residual;
  const float* residual_scale;
  const float* residual_shift;
  T* y;
  std::int64_t pixels;
  std::int64_t stride;
  std::int64_t channels;
  bool relu;
};

// Rows of a batch-norm backward pass: dz = dy where y > 0, else 0 (y null: dz = dy), xhat = (x - mean) inv_std.
template <class T>
struct BatchNormRows {
  const T* dy;
  const T* y;
  const T* x;
  const float* mean;
  const float* inv_std;
  std::int64_t pixels;
  std::int64_t channels;
};

// What works on rows of channels, for activations of type T: computed in fp32, sums in double, rounded once.
template <class T>
struct RowKernels {
  // sum[c] = sum_i of x[i][c], and squares[c] = sum_i of x[i][c]^2 (whose rounding is double's)
  void (*column_sums)(const T* x, std::int64_t pixels, std::int64_t channels, double* sum);
  void (*column_moments)(const T* x, std::int64_t pixels, std::int64_t channels, double* sum, double* squares);
  // sum_dz[c] = sum of dz, sum_dz_xhat[c] = sum of dz xhat
  void (*batch_norm_sums)(const BatchNormRows<T>& rows, double* sum_dz, double* sum_dz_xhat);
  // dx = a[c] dz + b[c] + k[c] (x - mean[c]) with coefficients {a, b, k}; dresidual = dz unless it is null; either may
  // be dy
  void (*batch_norm_apply)(const BatchNormRows<T>& rows, const float* const coefficients[3], T* dx, T* dresidual);
  void (*materialize)(const PointwiseRows<T>& rows);
  void (*relu_backward)(const T* dy, const T* y, T* dx, std::int64_t elements);
  // to[i] = from[i], rounded to nearest even; and back
  void (*round)(const float* from, T* to, std::int64_t elements);
  void (*widen)(const T* from, float* to, std::int64_t elements);
};

struct SimdKernels {
  Isa isa;
  std::int64_t tile_rows;
  std::int64_t tile_columns;
  std::int64_t lanes;  // floats of a register

  void (*multiply_tile)(const TileProduct& product);
  void (*multiply_strided)(const StridedProduct& product);
  // packed[j / width * panel_stride + i * packed_stride + j % width] = source[i * row_stride + j]; the last panel is
  // filled up with zeros
  void (*pack_panels)(const Strip& strip, float* packed);
  // packed[j * packed_stride + i] = source[i * row_stride + j], zero for rows <= i < width: one panel, rows <= width
  void (*pack_transposed)(const Strip& strip, float* packed);
  RowKernels<float> rows_fp32;
  RowKernels<bfloat16> rows_bf16;
  WinogradKernels winograd2;
  WinogradKernels winograd4;
  Bf16Packing bf16_packing;
  Bf16Products bf16_products;  // emulated: one fp32 multiply-add for each

  // For benchmarks: `steps` times peak_loop_flops operations in registers, the most that this path can do. Returns a
  // number that depends on all of them.
  float (*peak_loop)(std::int64_t steps);
  std::int64_t peak_loop_flops;

  template <class T>
  const RowKernels<T>& rows() const {
    if constexpr (std::is_same_v<T, bfloat16>) {
      return rows_bf16;
    } else {
      return rows_fp32;
    }
  }
};

// The table of one path; it must be supported here. kAvx512Bf16 and kAmx are kAvx512 but for products in bf16.
const SimdKernels& simd_kernels(Isa isa);
const Bf16Products& bf16_products(Isa isa);

}  // namespace kindling
