#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kindling {

// A stretch of time on a lane. Times in nanoseconds of the run's clock.
struct TraceEvent {
  const char* name;  // of static storage
  std::int64_t begin_ns;
  std::int64_t end_ns;
};

// A value that changes with time.
struct TraceSample {
  std::int64_t at_ns;
  std::int64_t value;
};

// What one thread (or one engine of a device) did, in the order of time. One thread at a time writes to it.
struct TraceLane {
  explicit TraceLane(std::string lane_name) : name(std::move(lane_name)) {}

  std::string name;
  std::vector<TraceEvent> events;
  std::vector<TraceSample> samples;  // of a lane that is a counter
};

// All that a run's trace holds (--trace), in memory until the run ends: about 32 bytes an event.
class TraceLog {
 public:
  // A lane of its own for the caller, which lives as long as the log. Lanes are shown in the order of these calls. From
  // any thread.
  TraceLane& add_lane(std::string name) {
    const std::lock_guard lock(mutex_);
    return lanes_.emplace_back(std::move(name));
  }

  // When nothing writes any more.
  const std::deque<TraceLane>& lanes() const { return lanes_; }

 private:
  std::mutex mutex_;
  std::deque<TraceLane> lanes_;  // a deque, because lanes don't move
};

}  // namespace kindling
