#pragma once

namespace kindling {

// Which convolution bodies a context runs (--conv). kAuto lets the backend choose by shape. A backend that lacks an
// algorithm says so when the context is made, with Error(kUsage).
enum class ConvAlgorithm { kAuto, kDirect, kWinograd2, kWinograd4, kCudnn, kImplicitGemm };

constexpr const char* name_of(ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::kAuto:
      return "auto";
    case ConvAlgorithm::kDirect:
      return "direct";
    case ConvAlgorithm::kWinograd2:
      return "winograd2";
    case ConvAlgorithm::kWinograd4:
      return "winograd4";
    case ConvAlgorithm::kCudnn:
      return "cudnn";
    case ConvAlgorithm::kImplicitGemm:
      return "implicit-gemm";
  }
  return "?";
}

}  // namespace kindling
