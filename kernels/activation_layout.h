#pragma once

#include <type_traits>

#include "kernels/context.h"
#include "kernels/core/dtype.h"

namespace kindling {

// The layout in which this context's convolutions want the network's activations. Ops take every layout that their
// context may name here, and NHWC; all activations of one call have the same.
template <class T>
Layout activation_layout(const ReferenceContext<T>& /*context*/) {
  return Layout::kNhwc;
}
template <class T>
Layout activation_layout(const CudaContext<T>& /*context*/) {
  return Layout::kNhwc;
}
// In bf16 the rows of the CPU's tiles are images (kernels/cpu/conv2d_bf16.h).
template <class T>
Layout activation_layout(const CpuContext<T>& /*context*/) {
  return std::is_same_v<T, bfloat16> ? Layout::kImageBlocks : Layout::kNhwc;
}

}  // namespace kindling
