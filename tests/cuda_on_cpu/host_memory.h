#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/cuda_on_cpu/operation.h"
#include "tests/cuda_on_cpu/stream.h"

namespace kindling::cuda_on_cpu {

// Pinned host memory: what cudaMallocHost gives, and the copies under way from and to it. The host must leave it alone
// from an asynchronous copy's call until it has waited for that copy. So what a copy will read is remembered at the
// call and compared once the host has waited: whatever the schedule, a staging buffer that is refilled too early is
// noticed. What a deferred copy will write is filled with 0xff at the call: who reads it too early reads NaN.
class HostMemory {
 public:
  void* allocate(std::size_t bytes);
  // False if nothing alive begins there.
  bool release(void* data);
  // Whether the bytes lie in one live pinned allocation.
  bool holds(const void* data, std::size_t bytes) const;
  std::size_t live_allocations() const { return blocks_.size(); }

  // An operation with the clock and the host ranges of `operation` has entered a stream; `deferred`: it hasn't run yet.
  void enqueued(const Operation& operation, Streams::Position position, bool deferred);
  // The host has waited for all that `host` covers: compares what those operations have read. Reports a change.
  void host_waited(const Clock& host);

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  struct Block {
    std::size_t bytes;
    std::unique_ptr<std::byte, Free> data;
  };
  // A copy that the host hasn't waited for yet.
  struct Copy {
    std::string operation;
    Streams::Position position;
    const std::byte* data;
    std::size_t bytes;
    bool writes;
    std::vector<std::byte> content;  // what it reads, as it was at the call; empty where that isn't known
  };

  // Whether the streams' order decides which of the two comes first.
  static bool conflict(const Copy& copy, const Copy& other);

  std::map<std::uintptr_t, Block> blocks_;
  std::vector<Copy> copies_;
};

}  // namespace kindling::cuda_on_cpu
