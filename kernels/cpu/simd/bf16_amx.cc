// Products in bf16 by AMX: a tile register holds 16 rows of 64 bytes, and TDPBF16PS multiplies a tile of 16 rows of a
// by one of 32 in depth by 16 columns of b. Four tiles of sums, two of a and two of b: each operand that is loaded is
// used twice.
//
// No inline function from outside may be used here, as in simd_bodies.inc, but the compiler's own intrinsics.
#include <immintrin.h>

#include "kernels/cpu/simd/bf16_kernels.h"

#include "kernels/cpu/simd/bf16_native_store.inc"

namespace kindling::amx {
namespace {

constexpr int kTileExtent = 16;
constexpr std::int64_t kSumsStride = kBf16TileColumns * std::int64_t{sizeof(float)};  // bytes
constexpr std::int64_t kBStride = 2 * kBf16TileColumns * std::int64_t{sizeof(bfloat16)};

// Tiles 0 to 3: sums, upper left, upper right, lower left, lower right. 4, 5: a, upper and lower. 6, 7: b, left and
// right.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

void open(std::int64_t rows) {
  TileConfiguration configuration;
  const auto upper = static_cast<std::uint8_t>(rows < kTileExtent ? rows : kTileExtent);
  const auto lower = static_cast<std::uint8_t>(rows - upper);
  const std::uint8_t extents[8] = {upper, upper, lower, lower, upper, lower, kTileExtent, kTileExtent};
  for (int i = 0; i < 8; ++i) {
    configuration.rows[i] = extents[i];
    configuration.row_bytes[i] = extents[i] == 0 ? 0 : 64;
  }
  // GCC 12's intrinsic says that it reads 8 bytes of the 64, and so lets the compiler leave out the rest.
  asm volatile("" : : "r"(&configuration) : "memory");  // NOLINT(hicpp-no-assembler)
  _tile_loadconfig(&configuration);
}

void close() {
  _tile_release();
}

template <bool Lower, bool Right>
void multiply_as(const Bf16Product& product) {
  float* lower = product.sums + kTileExtent * kBf16TileColumns;
  if (product.add) {
    _tile_loadd(0, product.sums, kSumsStride);
    if constexpr (Right) _tile_loadd(1, product.sums + kTileExtent, kSumsStride);
    if constexpr (Lower) _tile_loadd(2, lower, kSumsStride);
    if constexpr (Lower && Right) _tile_loadd(3, lower + kTileExtent, kSumsStride);
  } else {
    _tile_zero(0);
    if constexpr (Right) _tile_zero(1);
    if constexpr (Lower) _tile_zero(2);
    if constexpr (Lower && Right) _tile_zero(3);
  }
  const std::int64_t a_stride = product.a_row_stride * std::int64_t{sizeof(bfloat16)};
  for (std::int64_t i = 0; i < product.count; ++i) {
    const bfloat16* a = product.a + product.pairs[i].a * product.a_step;
    const bfloat16* b = product.b + product.pairs[i].b * product.b_step;
    for (std::int64_t d = 0; d < product.depth; d += kBf16Depth) {
      _tile_loadd(6, b, kBStride);
      _tile_loadd(4, a, a_stride);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (Right) {
        _tile_loadd(7, b + kBf16TileColumns, kBStride);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (Lower) {
        _tile_loadd(5, a + kTileExtent * product.a_row_stride, a_stride);
        _tile_dpbf16ps(2, 5, 6);
      }
      if constexpr (Lower && Right) _tile_dpbf16ps(3, 5, 7);
      a += kBf16Depth;
      b += kBf16Depth * kBf16TileColumns;
    }
  }
  _tile_stored(0, product.sums, kSumsStride);
  if constexpr (Right) _tile_stored(1, product.sums + kTileExtent, kSumsStride);
  if constexpr (Lower) _tile_stored(2, lower, kSumsStride);
  if constexpr (Lower && Right) _tile_stored(3, lower + kTileExtent, kSumsStride);
}

void multiply(const Bf16Product& product) {
  const bool right = product.columns > kTileExtent;
  if (product.rows > kTileExtent) return right ? multiply_as<true, true>(product) : multiply_as<true, false>(product);
  return right ? multiply_as<false, true>(product) : multiply_as<false, false>(product);
}

}  // namespace

extern const Bf16Products kProducts;
const Bf16Products kProducts = {open, multiply, close, native_store};

}  // namespace kindling::amx
