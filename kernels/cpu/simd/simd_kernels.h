#pragma once

#include <cstdint>

#include "kernels/cpu/simd/isa.h"
#include "kernels/cpu/simd/winograd_kernels.h"

namespace kindling {

// The inner loops of the CPU ops, compiled once per instruction set. All of them are single-threaded, allocate nothing
// and do their sums in an order that depends on their arguments alone.

// One term of a tile product: which block of a meets which block of b.
struct TilePair {
  std::int64_t a;
  std::int64_t b;
};

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

// y = f(raw * scale + shift + residual * residual_scale + residual_shift) over `pixels` rows of `channels`; a null
// scale means 1 and 0, a null residual means none. y may be raw or residual.
struct PointwiseRows {
  const float* raw;
  const float* scale;
  const float* shift;
  const float* residual;
  const float* residual_scale;
  const float* residual_shift;
  float* y;
  std::int64_t pixels;
  std::int64_t channels;
  bool relu;
};

// Rows of a batch-norm backward pass: dz = dy where y > 0, else 0 (y null: dz = dy), xhat = (x - mean) inv_std.
struct BatchNormRows {
  const float* dy;
  const float* y;
  const float* x;
  const float* mean;
  const float* inv_std;
  std::int64_t pixels;
  std::int64_t channels;
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
  // sum[c] = sum_i of x[i][c], and squares[c] = sum_i of x[i][c]^2 (whose rounding is double's)
  void (*column_sums)(const float* x, std::int64_t pixels, std::int64_t channels, double* sum);
  void (*column_moments)(const float* x, std::int64_t pixels, std::int64_t channels, double* sum, double* squares);
  // sum_dz[c] = sum of dz, sum_dz_xhat[c] = sum of dz xhat
  void (*batch_norm_sums)(const BatchNormRows& rows, double* sum_dz, double* sum_dz_xhat);
  // dx = a[c] dz + b[c] + k[c] (x - mean[c]) with coefficients {a, b, k}; dresidual = dz unless it is null; either may
  // be dy
  void (*batch_norm_apply)(const BatchNormRows& rows, const float* const coefficients[3], float* dx, float* dresidual);
  void (*materialize)(const PointwiseRows& rows);
  void (*relu_backward)(const float* dy, const float* y, float* dx, std::int64_t elements);
  WinogradKernels winograd2;
  WinogradKernels winograd4;

  // For benchmarks: `steps` times peak_loop_flops operations in registers, the most that this path can do. Returns a
  // number that depends on all of them.
  float (*peak_loop)(std::int64_t steps);
  std::int64_t peak_loop_flops;
};

// The table of one path; it must be supported here.
const SimdKernels& simd_kernels(Isa isa);

}  // namespace kindling
