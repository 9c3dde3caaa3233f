#include "kernels/cpu/conv2d_algorithm.h"

#include <algorithm>

namespace kindling {
namespace {

// With fewer channels (the stem has 3) there is too little to multiply between the transforms.
constexpr std::int64_t kLeastChannels = 4;

bool fits_winograd(const Conv2dShape& shape) {
  return shape.r == 3 && shape.stride == 1 && shape.pad <= 2 && std::min(shape.c, shape.k) >= kLeastChannels;
}

}  // namespace

ConvAlgorithm gather_algorithm(ConvAlgorithm wanted, const Conv2dShape& shape) {
  if (wanted == ConvAlgorithm::kAuto) wanted = ConvAlgorithm::kDirect;
  return fits_winograd(shape) ? wanted : ConvAlgorithm::kDirect;
}

ConvAlgorithm wgrad_algorithm(ConvAlgorithm wanted, const Conv2dShape& shape) {
  return gather_algorithm(wanted, shape);
}

const WinogradKernels& winograd_kernels(const SimdKernels& simd, ConvAlgorithm algorithm) {
  return algorithm == ConvAlgorithm::kWinograd2 ? simd.winograd2 : simd.winograd4;
}

}  // namespace kindling
