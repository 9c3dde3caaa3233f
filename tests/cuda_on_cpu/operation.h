#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/cuda_on_cpu/clock.h"
#include "tests/cuda_on_cpu/runtime.h"

namespace kindling::cuda_on_cpu {

// Host memory that an operation reads or writes some time after the call that put it into a stream.
struct HostRange {
  const void* data;
  std::size_t bytes;
  Access access;
};

// What a stream runs: a kernel, a copy, a library call, or nothing (a mark that an event waits for).
struct Operation {
  std::string name;
  std::vector<Range> ranges;           // device memory; checked and noted when it runs. A kernel has none
  std::vector<HostRange> host_ranges;  // pinned memory
  std::function<void()> work;          // run more than once when a graph replays it

  // Set when it enters a stream:
  std::uint32_t id = 0;
  Clock clock = {};
};

}  // namespace kindling::cuda_on_cpu
