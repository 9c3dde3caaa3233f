#pragma once

#include <cstdint>

#include "kernels/conv_algorithm.h"

namespace kindling::bench {

// What the command line of a benchmark program says.
struct Settings {
  std::int64_t batch = 128;
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  bool cold = false;  // the operands are not in the cache
  bool tf32 = false;  // on a GPU, with fp32 activations
  bool tiny = false;  // a trial that the code runs: as small and short as can be, its figures mean nothing
};

}  // namespace kindling::bench
