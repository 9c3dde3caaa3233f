// 16 of 32 registers hold sums: 128 images are 16 whole tiles.
#define KINDLING_SIMD_PATH avx512
#define KINDLING_SIMD_ISA Isa::kAvx512
#define KINDLING_SIMD_VECTOR_BYTES 64
#define KINDLING_SIMD_VECTORS 2
#define KINDLING_SIMD_TILE_ROWS 8
#include "kernels/cpu/simd/simd_bodies.inc"
