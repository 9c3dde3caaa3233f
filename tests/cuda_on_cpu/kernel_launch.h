#pragma once

#include <driver_types.h>
#include <vector_types.h>

#include <cstddef>
#include <memory>

namespace kindling::cuda_on_cpu {

// A kernel with its arguments bound: what `launch` hands to the runtime.
struct KernelLaunch {
  const void* kernel;
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes;
  std::shared_ptr<const void> arguments;  // of argument_bytes
  std::size_t argument_bytes;
  void (*thread)(const void* kernel, const void* arguments);  // what one thread runs
};

// Checks the limits that the device checks and puts the kernel into the stream.
cudaError_t enqueue_kernel(KernelLaunch launch, cudaStream_t stream);

}  // namespace kindling::cuda_on_cpu
