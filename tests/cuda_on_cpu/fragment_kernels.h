#pragma once

#include <cuda_runtime_api.h>

#include "kernels/core/dtype.h"

// Kernels of one warp that multiply two matrices of 16 x 16 by kernels/cuda/tensor_core.h: x holds the left one, stored
// [d][i], and behind it the right one, stored [d][j].

namespace kindling::cuda_on_cpu {

// y[16 i + j] = 2 sum over d of left (i, d) right (d, j): the product, added twice
void multiply_fragments(const bfloat16* x, float* y, cudaStream_t stream);

// The same, each with one bug.
enum class FragmentBug {
  kNoSyncBeforeLoad,  // no __syncwarp between storing the matrices to shared memory and loading them
  kNoSyncAfterStore,  // nor between storing the sums and reading them
  kMisaligned,        // a matrix that begins 8 elements further
  kStride,            // a stride of 20 elements
  kLanesDisagree,     // half of the lanes load other memory
  kLanesAreMissing,   // half of the lanes only
};
void multiply_fragments_wrongly(FragmentBug bug, const bfloat16* x, float* y, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
