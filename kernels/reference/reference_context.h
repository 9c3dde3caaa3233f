#pragma once

#include "kernels/context.h"

namespace kindling {

// The oracle: every op as the plain loops of its formula, single-threaded, everything in T. Slow and easy to check; it
// is proven by finite differences in double, and proves the other backends.
template <class T>
class ReferenceContext {
 public:
  using space = HostSpace;
  using activation_t = T;
  using param_t = T;
};

}  // namespace kindling
