// Products in bf16 by AVX512-BF16: VDPBF16PS adds both products of a pair to each of 16 sums.
//
// No inline function from outside may be used here, as in simd_bodies.inc, but the compiler's own intrinsics.
#include <immintrin.h>

#include "kernels/cpu/simd/bf16_kernels.h"

#include "kernels/cpu/simd/bf16_native_store.inc"

namespace kindling::avx512_bf16 {
namespace {

// 8 rows of two registers: 16 of 32 hold sums.
constexpr int kRows = 8;

inline __m512bh pair_of_all(const bfloat16* pair) {
  int word;
  __builtin_memcpy(&word, pair, sizeof(word));
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(word));
}

template <int Rows>
void multiply_rows(const Bf16Product& product, std::int64_t row) {
  __m512 sums[Rows][2];
#pragma GCC unroll 8
  for (int m = 0; m < Rows; ++m) {
    const float* from = product.sums + (row + m) * kBf16TileColumns;
    sums[m][0] = product.add ? _mm512_loadu_ps(from) : _mm512_setzero_ps();
    sums[m][1] = product.add ? _mm512_loadu_ps(from + kBf16TileColumns / 2) : _mm512_setzero_ps();
  }
  const std::int64_t a_row_stride = product.a_row_stride;
  for (std::int64_t i = 0; i < product.count; ++i) {
    const bfloat16* a = product.a + product.pairs[i].a * product.a_step + row * a_row_stride;
    const bfloat16* b = product.b + product.pairs[i].b * product.b_step;
    for (std::int64_t d = 0; d < product.depth; d += 2) {
      const auto left = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b));
      const auto right = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + kBf16TileColumns));
#pragma GCC unroll 8
      for (int m = 0; m < Rows; ++m) {
        const __m512bh pair = pair_of_all(a + m * a_row_stride + d);
        sums[m][0] = _mm512_dpbf16_ps(sums[m][0], pair, left);
        sums[m][1] = _mm512_dpbf16_ps(sums[m][1], pair, right);
      }
      b += 2 * kBf16TileColumns;
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < Rows; ++m) {
    float* to = product.sums + (row + m) * kBf16TileColumns;
    _mm512_storeu_ps(to, sums[m][0]);
    _mm512_storeu_ps(to + kBf16TileColumns / 2, sums[m][1]);
  }
}

template <int Rows>
void multiply_up_to(const Bf16Product& product, std::int64_t row) {
  if (product.rows - row >= Rows) return multiply_rows<Rows>(product, row);
  if constexpr (Rows > 1) multiply_up_to<Rows - 1>(product, row);
}

void multiply(const Bf16Product& product) {
  for (std::int64_t row = 0; row < product.rows; row += kRows) multiply_up_to<kRows>(product, row);
}

void open(std::int64_t /*rows*/) {}
void close() {}

}  // namespace

extern const Bf16Products kProducts;
const Bf16Products kProducts = {open, multiply, close, native_store};

}  // namespace kindling::avx512_bf16
