// Whatever the compiler takes for granted (SSE2 on x86-64): 8 of 16 registers hold sums.
#define KINDLING_SIMD_PATH portable
#define KINDLING_SIMD_ISA Isa::kPortable
#define KINDLING_SIMD_VECTOR_BYTES 16
#define KINDLING_SIMD_VECTORS 2
#define KINDLING_SIMD_TILE_ROWS 4
#include "kernels/cpu/simd/simd_bodies.inc"
