#pragma once

#include "kernels/conv_algorithm.h"
#include "kernels/core/shape.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// Which algorithm (kDirect, kWinograd2 or kWinograd4) computes a pass when `wanted` (the context's) is asked for: a
// function of the shape alone, so that bits don't depend on anything that is measured. Winograd needs stride 1, a 3x3
// filter, padding of at most 2, and a few channels on both sides; the rest is direct.
ConvAlgorithm gather_algorithm(ConvAlgorithm wanted, const Conv2dShape& shape);  // forward and dgrad
ConvAlgorithm wgrad_algorithm(ConvAlgorithm wanted, const Conv2dShape& shape);

// The transforms of kWinograd2 or kWinograd4.
const WinogradKernels& winograd_kernels(const SimdKernels& simd, ConvAlgorithm algorithm);

}  // namespace kindling
