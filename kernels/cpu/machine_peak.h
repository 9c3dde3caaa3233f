#pragma once

#include "kernels/cpu/simd/isa.h"

namespace kindling {

// What this machine does at best, each measured for about half a second: the yardstick of benchmarks and of
// kindling-compare-devices.

// On all threads together: T = float, fused multiply-adds (portable: multiplies and adds) from registers; bfloat16,
// products of tiles whose operands stay in the L1 cache.
template <class T>
double peak_gflops(Isa isa, int threads);

// A copy of 128 MiB with ordinary stores, bytes read plus bytes written.
double copy_gbytes_per_s(int threads);

}  // namespace kindling
