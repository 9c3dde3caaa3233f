// Copies and fills. When a call waits for what, is CUDA's "API synchronization behavior".

#include <cuda_runtime_api.h>

#include <cstring>
#include <memory>
#include <vector>

#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;
  bool to_device = false;
  bool from_device = false;

  bool pageable_source(const State& s) const { return !from_device && !s.host_memory.holds(from, bytes); }
  bool pageable_target(const State& s) const { return !to_device && !s.host_memory.holds(to, bytes); }
};

// Finds out which sides are the device's; false if that is not what `kind` says, or if a device side doesn't lie in one
// live allocation, or a side that begins in pinned memory doesn't end in it.
bool resolve(const State& s, cudaMemcpyKind kind, Copy& copy) {
  copy.to_device = s.arena.owns(copy.to);
  copy.from_device = s.arena.owns(copy.from);
  if (kind != cudaMemcpyDefault) {
    if (copy.to_device != (kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice)) return false;
    if (copy.from_device != (kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice)) return false;
  }
  const auto fits = [&](const void* data, bool device) {
    if (device) return s.arena.holds(data, copy.bytes);
    return !s.host_memory.holds(data, 1) || s.host_memory.holds(data, copy.bytes);
  };
  return fits(copy.to, copy.to_device) && fits(copy.from, copy.from_device);
}

Operation operation_of(const State& s, const Copy& copy, const char* name) {
  Operation operation{name, {}, {}, [copy] { std::memcpy(copy.to, copy.from, copy.bytes); }};
  if (copy.to_device) operation.ranges.push_back({copy.to, copy.bytes, Access::kWrite});
  if (copy.from_device) operation.ranges.push_back({copy.from, copy.bytes, Access::kRead});
  if (!copy.to_device && !copy.pageable_target(s)) {
    operation.host_ranges.push_back({copy.to, copy.bytes, Access::kWrite});
  }
  if (!copy.from_device && !copy.pageable_source(s)) {
    operation.host_ranges.push_back({copy.from, copy.bytes, Access::kRead});
  }
  return operation;
}

// What the call reads of pageable memory it reads at once, into a buffer of its own.
void read_source_now(const Copy& copy, Operation& operation) {
  const auto* from = static_cast<const std::byte*>(copy.from);
  const auto staging = std::make_shared<std::vector<std::byte>>(from, from + copy.bytes);
  operation.work = [to = copy.to, staging] { std::memcpy(to, staging->data(), staging->size()); };
}

cudaError_t copy_async(State& s, Copy copy, cudaMemcpyKind kind, cudaStream_t handle) {
  if (copy.bytes == 0) return cudaSuccess;
  if (!resolve(s, kind, copy)) return cudaErrorInvalidValue;
  CUstream_st* stream = s.streams.find(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  Operation operation = operation_of(s, copy, "cudaMemcpyAsync");
  if (!stream->capture && copy.pageable_source(s)) read_source_now(copy, operation);
  const bool waits = !stream->capture && copy.pageable_target(s);
  const cudaError_t result = s.enqueue(handle, std::move(operation));
  if (result == cudaSuccess && waits) s.wait(stream->clock);
  return result;
}

cudaError_t copy_now(State& s, Copy copy, cudaMemcpyKind kind) {
  if (s.refuses_unsafe_call()) return cudaErrorStreamCaptureUnsupported;
  if (copy.bytes == 0) return cudaSuccess;
  if (!resolve(s, kind, copy)) return cudaErrorInvalidValue;
  CUstream_st& stream = *s.streams.find(nullptr);
  Operation operation = operation_of(s, copy, "cudaMemcpy");
  const bool pageable = copy.pageable_source(s);
  if (pageable) {
    s.wait(s.streams.tail(stream));
    read_source_now(copy, operation);
  }
  s.enqueue_now(stream, std::move(operation));
  // From pageable memory the last part may still be under way, and between device memories nobody waits.
  if (!copy.to_device || (!copy.from_device && !pageable)) s.wait(stream.clock);
  return cudaSuccess;
}

cudaError_t fill(State& s, Range range, int value, cudaStream_t stream) {
  if (range.bytes == 0) return cudaSuccess;
  if (!s.arena.holds(range.data, range.bytes)) return cudaErrorInvalidValue;
  return s.enqueue(stream, {"cudaMemset", {range}, {}, [range, value] {
                              std::memset(const_cast<void*>(range.data), value, range.bytes);
                            }});
}

}  // namespace
}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return api([&](State& s) { return copy_now(s, {to, from, bytes}, kind); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return api([&](State& s) { return copy_async(s, {to, from, bytes}, kind, stream); });
}

cudaError_t cudaMemset(void* data, int value, std::size_t bytes) {
  return api([&](State& s) { return fill(s, {data, bytes, Access::kWrite}, value, nullptr); });
}

cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t stream) {
  return api([&](State& s) { return fill(s, {data, bytes, Access::kWrite}, value, stream); });
}
