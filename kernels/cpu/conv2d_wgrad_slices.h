#pragma once

#include <cstdint>

#include "kernels/core/view.h"

namespace kindling {

// Where there are few blocks of dw, the images are cut into slices too: each leaves a dw of its own, one behind the
// other in `slices`. dw = their sum, in their order.
void add_slices(int threads, const float* slices, std::int64_t count, HostView<float> dw);

}  // namespace kindling
