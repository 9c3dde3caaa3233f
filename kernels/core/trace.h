#pragma once

#ifdef KINDLING_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace kindling {

// While it lives, the calling thread is in the named phase, as a profiler such as Nsight Systems shows it (an NVTX
// range; ranges nest). Costs nothing to speak of where no profiler listens, nothing at all in a build without NVTX.
class TraceRange {
 public:
#ifdef KINDLING_NVTX
  explicit TraceRange(const char* phase) {
    nvtxRangePushA(phase);
  }
  ~TraceRange() {
    nvtxRangePop();
  }
#else
  explicit TraceRange(const char* /*phase*/) {}
  ~TraceRange() {}  // NOLINT: not trivial, so that no compiler calls a range an unused variable
#endif
  TraceRange(const TraceRange&) = delete;
  TraceRange& operator=(const TraceRange&) = delete;
};

}  // namespace kindling
