#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/core/dtype.h"

namespace kindling {

// to[i] = from[i], rounded to nearest even where `to` is narrower. Device memory, `elements` of each; the two may not
// overlap. Between float and bfloat16.
template <class From, class To>
void cast(const From* from, To* to, std::int64_t elements, cudaStream_t stream);

}  // namespace kindling
