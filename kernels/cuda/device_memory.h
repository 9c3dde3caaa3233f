#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>

namespace kindling {

// Owners of memory. A failure to free can't be told to anybody: destructors ignore it.
struct FreeDeviceMemory {
  void operator()(std::byte* memory) const noexcept { static_cast<void>(cudaFree(memory)); }
};
struct FreePinnedMemory {
  void operator()(std::byte* memory) const noexcept { static_cast<void>(cudaFreeHost(memory)); }
};
using DeviceMemory = std::unique_ptr<std::byte, FreeDeviceMemory>;
using PinnedMemory = std::unique_ptr<std::byte, FreePinnedMemory>;

// Memory of the current device, aligned to 256 bytes, contents undefined. No bytes: null. Throws Error(kDevice) that
// names the label, the bytes wanted, and how many are free of how many.
DeviceMemory allocate_device(std::size_t bytes, const char* label);

// Zeroed host memory that stays in place (pinned), so that the device can copy from and to it by itself. As above.
PinnedMemory allocate_pinned(std::size_t bytes, const char* label);

// Free memory of the current device, whoever takes the rest. The first call of a process starts CUDA on it.
std::size_t free_device_bytes();

}  // namespace kindling
