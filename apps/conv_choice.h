#pragma once

#include <utility>

#include "kernels/conv_algorithm.h"

namespace kindling {

// The values of --conv, for add_choice (apps/choice.h). Which of them there are is the device's to say.
inline constexpr std::pair<const char*, ConvAlgorithm> kConvolutions[] = {
    {"auto", ConvAlgorithm::kAuto},           {"direct", ConvAlgorithm::kDirect},
    {"winograd2", ConvAlgorithm::kWinograd2}, {"winograd4", ConvAlgorithm::kWinograd4},
    {"cudnn", ConvAlgorithm::kCudnn},         {"implicit-gemm", ConvAlgorithm::kImplicitGemm}};

}  // namespace kindling
