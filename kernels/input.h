#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace kindling {

// Brings a batch from the loader's slot into the network's input: converts float to activation_t and pads or reorders
// for the layout of x. pixels: [N,32,32,3] float, NHWC; x: N images of it.
template <class T>
void unpack_input(ReferenceContext<T>& context, View<HostSpace, const float> pixels, Out<ReferenceContext<T>> x);
template <class T>
void unpack_input(CpuContext<T>& context, View<HostSpace, const float> pixels, Out<CpuContext<T>> x);
template <class T>
void unpack_input(CudaContext<T>& context, View<DeviceSpace, const float> pixels, Out<CudaContext<T>> x);

}  // namespace kindling
