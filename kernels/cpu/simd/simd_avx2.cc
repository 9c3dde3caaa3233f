// 12 of 16 registers hold sums.
#define KINDLING_SIMD_PATH avx2
#define KINDLING_SIMD_ISA Isa::kAvx2
#define KINDLING_SIMD_VECTOR_BYTES 32
#define KINDLING_SIMD_VECTORS 2
#define KINDLING_SIMD_TILE_ROWS 6
#include "kernels/cpu/simd/simd_bodies.inc"
