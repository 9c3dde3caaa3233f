#pragma once

#include "kernels/conv_algorithm.h"
#include "kernels/core/shape.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// Which algorithm (kDirect, kWinograd2 or kWinograd4) computes a convolution when `wanted` (the context's) is asked
// for, in all three passes. It is a function of the shape alone, not of the batch and of nothing that is measured: bits
// depend on neither. Winograd needs stride 1, a 3x3 filter, padding of at most 2, and a few channels on both sides;
// what doesn't fit is direct. kAuto takes winograd2 where that was faster on the shapes of ResNet-18 (bench/README.md).
ConvAlgorithm algorithm_for(ConvAlgorithm wanted, const Conv2dShape& shape);

// The transforms of kWinograd2 or kWinograd4.
const WinogradKernels& winograd_kernels(const SimdKernels& simd, ConvAlgorithm algorithm);

}  // namespace kindling
