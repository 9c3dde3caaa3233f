#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/core/dtype.h"

namespace kindling {

// to[i] = from[i], exactly. Device memory, `elements` of each; the two may not overlap. elements > 0.
void widen(const bfloat16* from, float* to, std::int64_t elements, cudaStream_t stream);

}  // namespace kindling
