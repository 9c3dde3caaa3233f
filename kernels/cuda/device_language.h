#pragma once

// What every .cu file includes first, and all that it uses of CUDA's language. nvcc compiles the file for the GPU; g++
// compiles the same file for the runtime of tests/cuda_on_cpu, which provides threadIdx, __syncthreads and the like.
// So no <<<>>>, no inline PTX, and shared memory only through these macros: a plain __shared__ array would become a
// static under g++, whose bounds AddressSanitizer doesn't watch.
//
//   KINDLING_SHARED(T, name, n)       T name[n] of the block, n a constant
//   KINDLING_DYNAMIC_SHARED(T, name)  T* name: the launch's shared_bytes, aligned to 16
//   KINDLING_UNROLL                   before a loop of constant length
//   launch(kernel, grid, block, shared_bytes, stream, arguments...)
#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstddef>

#include "kernels/cuda/cuda_check.h"

#define KINDLING_SHARED(T, name, n) __shared__ T name[n]
#define KINDLING_DYNAMIC_SHARED(T, name)                                         \
  extern __shared__ __align__(16) unsigned char kindling_dynamic_shared_bytes[]; \
  T* const name = reinterpret_cast<T*>(kindling_dynamic_shared_bytes)
#define KINDLING_UNROLL _Pragma("unroll")

namespace kindling {

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream,
            Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "cudaLaunchKernelEx");
}

}  // namespace kindling

#else
#include "tests/cuda_on_cpu/device_language.h"
#endif
