#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/view.h"

namespace kindling {

// Elements of the images that count.
template <class T>
std::int64_t valid_elements(const ActivationView<HostSpace, T>& x) {
  return x.valid_n * x.shape.h * x.shape.w * x.shape.c;
}

// Images after valid_n are zero in memory.
template <class T>
void zero_other_images(const ActivationView<HostSpace, T>& x) {
  std::fill(x.data + valid_elements(x), x.data + x.shape.elements(), T{0});
}

}  // namespace kindling
