#pragma once

#include "kernels/context.h"

namespace kindling {

// The oracle: every op as the plain loops of its formula, single-threaded. Slow and easy to check; in double it is
// proven by finite differences, and proves the other backends.
//
// Inputs and outputs are T. In between everything is double, for T = float too: a result is what exact arithmetic would
// give but for errors of order 1e-16, rounded once to T. Activations are NHWC with every channel valid; a batch may be
// partial (valid_n < N): the images after valid_n are not read, and written as zeros.
template <class T>
class ReferenceContext {
 public:
  using space = HostSpace;
  using activation_t = T;
  using param_t = T;
};

}  // namespace kindling
