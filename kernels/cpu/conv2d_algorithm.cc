#include "kernels/cpu/conv2d_algorithm.h"

#include <algorithm>

namespace kindling {
namespace {

// With fewer channels (the stem has 3) there is too little to multiply between the transforms.
constexpr std::int64_t kLeastChannels = 4;
constexpr std::int64_t kLeastChannelsOfAuto = 32;

bool fits_winograd(const Conv2dShape& shape, std::int64_t least_channels) {
  return shape.r == 3 && shape.stride == 1 && shape.pad <= 2 && std::min(shape.c, shape.k) >= least_channels;
}

}  // namespace

ConvAlgorithm algorithm_for(ConvAlgorithm wanted, const Conv2dShape& shape) {
  const bool is_auto = wanted == ConvAlgorithm::kAuto;
  if (!fits_winograd(shape, is_auto ? kLeastChannelsOfAuto : kLeastChannels)) return ConvAlgorithm::kDirect;
  return is_auto ? ConvAlgorithm::kWinograd2 : wanted;
}

const WinogradKernels& winograd_kernels(const SimdKernels& simd, ConvAlgorithm algorithm) {
  return algorithm == ConvAlgorithm::kWinograd2 ? simd.winograd2 : simd.winograd4;
}

}  // namespace kindling
