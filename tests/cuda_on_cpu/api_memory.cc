// Allocation of device and pinned memory.

#include <cuda_runtime_api.h>

#include "tests/cuda_on_cpu/report.h"
#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

cudaError_t allocate(State& s, void** data, std::size_t bytes) {
  *data = bytes == 0 ? nullptr : s.arena.allocate(bytes);
  return bytes == 0 || *data != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t release(State& s, void* data) {
  const std::size_t bytes = s.arena.release(data);
  if (bytes == 0) return cudaErrorInvalidValue;
  s.races.forget(data, bytes);
  return cudaSuccess;
}

cudaError_t allocate_host(State& s, void** data, std::size_t bytes) {
  if (s.refuses_unsafe_call()) return cudaErrorStreamCaptureUnsupported;
  *data = bytes == 0 ? nullptr : s.host_memory.allocate(bytes);
  return cudaSuccess;
}

}  // namespace
}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  return api(
      [&](State& s) { return s.refuses_unsafe_call() ? cudaErrorStreamCaptureUnsupported : allocate(s, data, bytes); });
}

// The real one waits for the device before it frees. It gives no promise that other code may build on, so the host is
// not taken to have waited.
cudaError_t cudaFree(void* data) {
  return api([&](State& s) {
    if (data == nullptr) return cudaSuccess;
    if (s.refuses_unsafe_call()) return cudaErrorStreamCaptureUnsupported;
    s.streams.finish();
    return release(s, data);
  });
}

// The memory is there at once, but only what comes after this in the stream's order may use it: it is filled there.
cudaError_t cudaMallocAsync(void** data, std::size_t bytes, cudaStream_t stream) {
  return api([&](State& s) {
    const cudaError_t result = allocate(s, data, bytes);
    if (result != cudaSuccess || bytes == 0) return result;
    return s.enqueue(stream, {"cudaMallocAsync", {{*data, bytes, Access::kWrite}}, {}, [data = *data, bytes] {
                                spoil(data, bytes);
                              }});
  });
}

cudaError_t cudaFreeAsync(void* data, cudaStream_t stream) {
  return api([&](State& s) {
    if (data == nullptr) return cudaSuccess;
    const std::size_t bytes = s.arena.size(data);
    if (bytes == 0) return cudaErrorInvalidValue;
    return s.enqueue(stream,
                     {"cudaFreeAsync", {{data, bytes, Access::kWrite}}, {}, [&s, data] { s.arena.release(data); }});
  });
}

cudaError_t cudaMallocHost(void** data, std::size_t bytes) {
  return api([&](State& s) { return allocate_host(s, data, bytes); });
}

cudaError_t cudaHostAlloc(void** data, std::size_t bytes, unsigned flags) {
  return api([&](State& s) {
    constexpr unsigned kKnown = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
    return (flags & ~kKnown) != 0 ? cudaErrorInvalidValue : allocate_host(s, data, bytes);
  });
}

cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned flags) {
  return api([&](State& s) {
    if (flags != 0 || !s.host_memory.holds(host, 1)) return cudaErrorInvalidValue;
    *device = host;  // one address space
    return cudaSuccess;
  });
}

cudaError_t cudaFreeHost(void* data) {
  return api([&](State& s) {
    if (data == nullptr) return cudaSuccess;
    if (s.refuses_unsafe_call()) return cudaErrorStreamCaptureUnsupported;
    s.wait_all();
    return s.host_memory.release(data) ? cudaSuccess : cudaErrorInvalidValue;
  });
}
