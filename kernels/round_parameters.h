#pragma once

#include "kernels/context.h"

namespace kindling {

// Rounds parameters to activation_t, to nearest even: the copies of the filters that convolutions read where that is
// not param_t. `from` and `to` have the same size (Error(kInternal) else) and don't overlap.
template <class T>
void round_parameters(CpuContext<T>& context, ConstParams<CpuContext<T>> from, View<HostSpace, T> to);
template <class T>
void round_parameters(CudaContext<T>& context, ConstParams<CudaContext<T>> from, View<DeviceSpace, T> to);

}  // namespace kindling
