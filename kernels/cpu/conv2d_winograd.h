#pragma once

#include "kernels/cpu/conv2d_problem.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// Convolutions by Winograd's algorithm (simd/winograd_kernels.h has the formulas), for the shapes that
// conv2d_algorithm.h gives it. dgrad is a forward pass over dy whose filter is rotated by half a turn and transposed.
void winograd_gather(CpuContext<float>& context, const WinogradKernels& winograd, const GatherProblem& problem);
void winograd_wgrad(CpuContext<float>& context, const WinogradKernels& winograd, const WgradProblem& problem);

}  // namespace kindling
