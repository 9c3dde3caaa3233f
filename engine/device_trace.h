#pragma once

#include <cstdint>

#include "kernels/core/phase.h"
#include "kernels/core/trace_log.h"
#include "kernels/lane.h"

namespace kindling {

// What a device did for each step, on two lanes of a trace: copies of input, and computing.
class DeviceTrace {
 public:
  explicit DeviceTrace(TraceLog& log)
      : copy_(log.add_lane("device: copy")), compute_(log.add_lane("device: compute")) {}

  void add(const DeviceTimes& times) {
    put(copy_, name_of(Phase::kCopy), times.copy_begin_ns, times.copy_ms);
    std::int64_t at = times.compute_begin_ns;
    at = put(compute_, name_of(Phase::kForward), at, times.forward_ms);
    at = put(compute_, name_of(Phase::kBackward), at, times.backward_ms);
    put(compute_, name_of(Phase::kOptimizer), at, times.optimizer_ms);
  }

 private:
  // The end of the event.
  static std::int64_t put(TraceLane& lane, const char* name, std::int64_t begin_ns, double ms) {
    const std::int64_t end_ns = begin_ns + static_cast<std::int64_t>(ms * 1e6);
    lane.events.push_back({name, begin_ns, end_ns});
    return end_ns;
  }

  TraceLane& copy_;
  TraceLane& compute_;
};

}  // namespace kindling
