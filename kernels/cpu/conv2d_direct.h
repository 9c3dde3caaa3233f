#pragma once

#include "kernels/cpu/conv2d_problem.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// Convolutions as they are defined, for any filter, stride and padding: taps on the padding cost nothing.
void direct_gather(CpuContext<float>& context, const GatherProblem& problem);
void direct_wgrad(CpuContext<float>& context, const WgradProblem& problem);

}  // namespace kindling
