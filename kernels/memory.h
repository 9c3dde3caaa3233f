#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>

#include "kernels/context.h"
#include "kernels/core/host_memory.h"

namespace kindling {

// Contexts whose ops work on ordinary memory.
template <class C>
concept HostContext = std::same_as<typename C::space, HostSpace>;

// Memory that the context's ops can work on: zeroed, aligned to 256 bytes or more, freed by its owner's destructor.
// Host contexts throw std::bad_alloc, device contexts Error(kDevice) with label and bytes.
template <HostContext C>
HostMemory allocate(C& /*context*/, std::size_t bytes, const char* /*label*/) {
  return allocate_host(bytes);
}

// Host memory for the slots that a batch source fills (pinned where the device wants that).
template <HostContext C>
HostMemory allocate_staging(C& /*context*/, std::size_t bytes, const char* /*label*/) {
  return allocate_host(bytes);
}

// Copies between host and context memory, after all ops called so far. They return when `to` holds the data.
template <HostContext C>
void copy_to_host(C& /*context*/, void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);  // nothing may lie at null
}
template <HostContext C>
void copy_from_host(C& /*context*/, void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);  // nothing may lie at null
}

}  // namespace kindling
