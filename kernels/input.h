#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/core/batch.h"

namespace kindling {

// How many channels the network's input should have in memory: those of an image, or more where this context's
// convolutions are faster on a padded input.
template <class T>
std::int64_t input_channels(const ReferenceContext<T>& /*context*/) {
  return kImageChannels;
}
template <class T>
std::int64_t input_channels(const CpuContext<T>& /*context*/) {
  return kImageChannels;
}
template <class T>
std::int64_t input_channels(const CudaContext<T>& context);

// Brings a batch from the loader's slot into the network's input: converts float to activation_t and pads for the
// layout of x. pixels: [N,32,32,3] float, NHWC; x: N images of it, with input_channels() in memory or dense.
template <class T>
void unpack_input(ReferenceContext<T>& context, View<HostSpace, const float> pixels, Out<ReferenceContext<T>> x);
template <class T>
void unpack_input(CpuContext<T>& context, View<HostSpace, const float> pixels, Out<CpuContext<T>> x);
template <class T>
void unpack_input(CudaContext<T>& context, View<DeviceSpace, const float> pixels, Out<CudaContext<T>> x);

}  // namespace kindling
