#pragma once

#include <cstdint>

namespace kindling {

// How a product takes its operands: floats as they are, floats rounded to tf32, or bf16.
enum class ProductType { kFp32, kTf32, kBf16 };

// FLOP/s of c = a b by cuBLAS, where all three are n x n, on the current device, measured for about half a second: what
// a GPU reaches at best, the yardstick of kindling-compare-devices. The operands hold random numbers: of zeros a GPU
// multiplies more in a second, because they take less power. Throws Error(kDevice), also where the device has not
// enough memory for the matrices.
double product_flops_per_s(ProductType type, std::int64_t n);

}  // namespace kindling
