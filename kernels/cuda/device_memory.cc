#include "kernels/cuda/device_memory.h"

#include <cstring>
#include <string>

#include "kernels/core/error.h"
#include "kernels/cuda/cuda_check.h"

namespace kindling {
namespace {

std::string mib(std::size_t bytes) {
  return std::to_string((bytes + (1U << 20U) - 1) >> 20U) + " MiB";
}

struct FreeAndTotal {
  std::size_t free = 0;
  std::size_t total = 0;
};

FreeAndTotal free_and_total_bytes() {
  FreeAndTotal bytes;
  check_cuda(cudaMemGetInfo(&bytes.free, &bytes.total), "cudaMemGetInfo");
  return bytes;
}

}  // namespace

DeviceMemory allocate_device(std::size_t bytes, const char* label) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t result = cudaMalloc(&memory, bytes);
  if (result == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // the next call should not report this one
    const auto [free, total] = free_and_total_bytes();
    throw Error(ErrorCode::kDevice, std::string(label) + ": the device has not enough memory: wanted " +
                                        std::to_string(bytes) + " bytes (" + mib(bytes) + "), free are " + mib(free) +
                                        " of " + mib(total) + "; use a smaller batch or width");
  }
  check_cuda(result, "cudaMalloc");
  return DeviceMemory(static_cast<std::byte*>(memory));
}

PinnedMemory allocate_pinned(std::size_t bytes, const char* label) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t result = cudaMallocHost(&memory, bytes);
  if (result == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    throw Error(ErrorCode::kDevice, std::string(label) + ": can't pin " + std::to_string(bytes) + " bytes (" +
                                        mib(bytes) + ") of host memory; use a smaller batch or less prefetch");
  }
  check_cuda(result, "cudaMallocHost");
  std::memset(memory, 0, bytes);
  return PinnedMemory(static_cast<std::byte*>(memory));
}

std::size_t free_device_bytes() {
  return free_and_total_bytes().free;
}

}  // namespace kindling
