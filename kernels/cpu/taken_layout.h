#pragma once

#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/core/view.h"

namespace kindling {

// The layout in which an op of the CPU takes its activations, of which `first` is one: in bf16 any, as long as all have
// the same; in fp32 NHWC.
template <class Space, class T>
Layout taken_layout(const ActivationView<Space, T>& first) {
  return std::is_same_v<std::remove_const_t<T>, bfloat16> ? first.layout : Layout::kNhwc;
}

}  // namespace kindling
