#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/core/dtype.h"

namespace kindling {

// to[i] = from[i], rounded to nearest even where `to` is narrower. Device memory, `elements` of each; the two may not
// overlap. Between float and bfloat16.
template <class From, class To>
void cast(const From* from, To* to, std::int64_t elements, cudaStream_t stream);

// The same for rows of channels, of which only the first ones are kept, or behind which zeros are put:
// to[row][c] = c < from_channels ? from[row][c] : 0.
template <class From, class To>
void cast_channels(const From* from, std::int64_t from_channels, To* to, std::int64_t to_channels, std::int64_t rows,
                   cudaStream_t stream);

}  // namespace kindling
