#pragma once

namespace kindling {

// While it lives, the calling thread is in the named phase, as a profiler such as Nsight Systems shows it (an NVTX
// range; ranges nest). Costs nothing to speak of where no profiler listens, next to nothing in a build without NVTX.
class TraceRange {
 public:
  explicit TraceRange(const char* phase);
  ~TraceRange();
  TraceRange(const TraceRange&) = delete;
  TraceRange& operator=(const TraceRange&) = delete;
};

}  // namespace kindling
