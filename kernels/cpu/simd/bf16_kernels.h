#pragma once

#include <cstdint>

#include "kernels/core/dtype.h"
#include "kernels/cpu/simd/tile_pair.h"

namespace kindling {

// Products of small matrices in bf16 with sums in fp32, in the form of AMX (Intel SDM, TDPBF16PS) and AVX512-BF16
// (VDPBF16PS): both multiply pairs of neighbours in depth, so b has pairs of rows interleaved. All paths read the same
// packed operands; their sums are rounded in different orders, and the two native ones take denormals as zero.

inline constexpr std::int64_t kBf16TileRows = 32;
inline constexpr std::int64_t kBf16TileColumns = 32;
inline constexpr std::int64_t kBf16Depth = 32;  // a step in depth, to whose multiples operands are filled up with zeros

// sums[i][j] (+)= sum over pairs and d of A[i][d] B[d][j], for i < rows <= 32 and j < columns <= 32. Row i of A,
// `depth` elements, begins at a + pair.a * a_step + i * a_row_stride; B is the dense block [depth / 2][32 columns][2]
// at b + pair.b * b_step. sums is [32][32], aligned to 64 bytes; what lies outside rows and columns isn't defined. No
// pairs: the sum is zero.
struct Bf16Product {
  const bfloat16* a;
  std::int64_t a_step;
  std::int64_t a_row_stride;
  const bfloat16* b;
  std::int64_t b_step;
  const TilePair* pairs;
  std::int64_t count;
  std::int64_t depth;  // a multiple of kBf16Depth
  std::int64_t rows;
  std::int64_t columns;
  float* sums;
  bool add;  // sums += instead of sums =
};

// sums of a product, and the rows in bf16 that they go to: [rows] of row_stride, `columns` of each.
struct Bf16Store {
  const float* sums;
  bfloat16* target;
  std::int64_t row_stride;
  std::int64_t rows;
  std::int64_t columns;
  bool accumulate;  // target = round(target + sums) instead of round(sums)
};

struct Bf16Products {
  // A thread opens the registers for products of `rows` rows, makes any number of them, and closes.
  void (*open)(std::int64_t rows);
  void (*multiply)(const Bf16Product& product);
  void (*close)();
  // To nearest even; the native paths round denormals to zero.
  void (*store)(const Bf16Store& store);
};

struct Bf16Packing {
  // packed[i / 2][j][i % 2] = source[i * row_stride + j] for i < rows, j < columns <= 32, where packed is
  // [padded_rows / 2][32][2]; all else in it is zero
  void (*interleave)(const bfloat16* source, std::int64_t row_stride, std::int64_t rows, std::int64_t columns,
                     std::int64_t padded_rows, bfloat16* packed);
  // packed[j * packed_stride + i] = source[i * row_stride + j] for i < rows, j < columns; zeros for rows <= i < width
  void (*transpose)(const bfloat16* source, std::int64_t row_stride, std::int64_t rows, std::int64_t columns,
                    std::int64_t width, bfloat16* packed, std::int64_t packed_stride);
  // The same for pairs of columns, which stay together: columns and packed_stride count pairs.
  void (*transpose_pairs)(const bfloat16* source, std::int64_t row_stride, std::int64_t rows, std::int64_t columns,
                          std::int64_t width, bfloat16* packed, std::int64_t packed_stride);
};

}  // namespace kindling
