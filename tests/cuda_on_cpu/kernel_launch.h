#pragma once

#include <driver_types.h>
#include <vector_types.h>

#include <cstddef>
#include <functional>

namespace kindling::cuda_on_cpu {

// A kernel with its arguments bound: what `launch` hands to the runtime.
struct KernelLaunch {
  const void* kernel;  // its address, for names in reports
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes;
  std::function<void()> thread;  // what one thread runs
};

// Checks the limits that the device checks and puts the kernel into the stream.
cudaError_t enqueue_kernel(KernelLaunch launch, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
