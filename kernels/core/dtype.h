#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/core/host_device.h"

namespace kindling {

// A float cut to its upper 16 bits: 8 bits of exponent, 7 of mantissa. Arithmetic is done in float.
struct bfloat16 {  // NOLINT(readability-identifier-naming): named as the type of the field
  std::uint16_t bits;

  bfloat16() = default;

  // Rounds to nearest, ties to even; NaN stays NaN (its payload is cut, its quiet bit is set).
  KINDLING_HD explicit bfloat16(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = (word & 0x7fffffffU) > 0x7f800000U;
    const std::uint32_t rounded = is_nan ? (word | 0x00400000U) : word + 0x7fffU + ((word >> 16U) & 1U);
    bits = static_cast<std::uint16_t>(rounded >> 16U);
  }

  KINDLING_HD explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }
};

enum class DType { kF32, kF64, kBF16, kI32, kI64, kU8 };

constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kBF16:
      return 2;
    case DType::kU8:
      return 1;
  }
  return 0;
}

// The name that safetensors files use.
constexpr const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "F32";
    case DType::kF64:
      return "F64";
    case DType::kBF16:
      return "BF16";
    case DType::kI32:
      return "I32";
    case DType::kI64:
      return "I64";
    case DType::kU8:
      return "U8";
  }
  return "?";
}

template <class T>
inline constexpr DType kDTypeOf = DType::kU8;
template <>
inline constexpr DType kDTypeOf<float> = DType::kF32;
template <>
inline constexpr DType kDTypeOf<double> = DType::kF64;
template <>
inline constexpr DType kDTypeOf<bfloat16> = DType::kBF16;
template <>
inline constexpr DType kDTypeOf<std::int32_t> = DType::kI32;
template <>
inline constexpr DType kDTypeOf<std::int64_t> = DType::kI64;

}  // namespace kindling
