// Kernels: the launch with its checks, and what device threads call while one runs.

#include <cuda_runtime_api.h>

#include <memory>

#include "tests/cuda_on_cpu/device_index.h"
#include "tests/cuda_on_cpu/device_language.h"
#include "tests/cuda_on_cpu/device_limits.h"
#include "tests/cuda_on_cpu/kernel_launch.h"
#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

bool within(const dim3& size, const unsigned (&limit)[3]) {
  return size.x > 0 && size.y > 0 && size.z > 0 && size.x <= limit[0] && size.y <= limit[1] && size.z <= limit[2];
}

cudaError_t check_limits(const State& s, const KernelLaunch& launch) {
  using Limits = DeviceLimits;
  if (!within(launch.grid, Limits::kGrid) || !within(launch.block, Limits::kBlock)) {
    return cudaErrorInvalidConfiguration;
  }
  if (launch.block.x * launch.block.y * launch.block.z > Limits::kBlockThreads) return cudaErrorInvalidConfiguration;
  const auto raised = s.dynamic_shared_limits.find(launch.kernel);
  const std::size_t limit = raised != s.dynamic_shared_limits.end() ? raised->second : Limits::kBlockSharedBytes;
  return launch.shared_bytes > limit ? cudaErrorInvalidValue : cudaSuccess;
}

}  // namespace

DeviceIndex device_index;

cudaError_t enqueue_kernel(KernelLaunch launch, cudaStream_t stream) {
  return api([&](State& s) {
    const cudaError_t result = check_limits(s, launch);
    if (result != cudaSuccess) return result;
    // Shared, because a graph copies its operations at each launch.
    const auto kernel = std::make_shared<const KernelLaunch>(std::move(launch));
    return s.enqueue(stream, {"a kernel", {}, {}, [&s, kernel] { s.blocks.run(*kernel); }});
  });
}

std::uint32_t block_barrier(bool predicate, const std::source_location& where) {
  return state().blocks.block_barrier(predicate, where);
}

std::uint64_t warp_exchange(const WarpRequest& request) {
  return state().blocks.warp_exchange(request);
}

std::uint32_t lane_of_thread() {
  return state().blocks.place().thread % Warp::kLanes;
}

void* shared_array(const void* site, std::size_t bytes, std::size_t alignment) {
  return state().blocks.shared().array(site, bytes, alignment);
}

void* dynamic_shared_bytes() {
  return state().blocks.shared().dynamic();
}

}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return api([&](State& s) {
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;  // a hint
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaErrorNotSupported;
    if (value < 0 || static_cast<std::size_t>(value) > DeviceLimits::kBlockSharedOptInBytes) {
      return cudaErrorInvalidValue;
    }
    s.dynamic_shared_limits[kernel] = static_cast<std::size_t>(value);
    return cudaSuccess;
  });
}
