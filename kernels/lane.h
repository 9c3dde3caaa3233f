#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/core/clock.h"
#include "kernels/memory.h"

namespace kindling {

// How long a device worked on a step, by its own clock. All zero for the host, where these are times of the thread that
// calls the ops (Phase).
struct DeviceTimes {
  double copy_ms = 0;  // of the input, on its own stream: beside the computing of other steps
  double forward_ms = 0;
  double backward_ms = 0;
  double optimizer_ms = 0;
  // When the copy and the computing began, on the host's clock (now_ns), to draw them beside what the host did. Single
  // precision counts the time since the lane was made: to 0.1 ms after half an hour.
  std::int64_t copy_begin_ns = 0;
  std::int64_t compute_begin_ns = 0;

  DeviceTimes& operator+=(const DeviceTimes& other) {
    copy_ms += other.copy_ms;
    forward_ms += other.forward_ms;
    backward_ms += other.backward_ms;
    optimizer_ms += other.optimizer_ms;
    return *this;
  }
};

// Order and time of one step that is under way. The calls for a step are, in this order: upload (at least one), begin,
// the step's ops, download (any number), end; then wait, and the lane serves the next step. A device works on the
// steps of its lanes one after the other, in the order of `begin`, but copies the input of one while it computes
// another: uploads don't wait for ops of other lanes. What is copied must stay as it is until `wait` returns, and is
// pinned (allocate_staging) where it shall be copied beside the computing. Destroying a lane waits for its step.
//
// A device's lane also has `mark(phase)`, for the ops to call where forward, backward and optimizer begin: recorded
// with them and timed in every replay. On the host everything happens in the call, and the account of the caller's
// phases needs no marks.
class HostLane {
 public:
  void upload(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  void begin() { watch_.restart_ms(); }
  void download(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  void end() { milliseconds_ = watch_.elapsed_ms(); }
  void wait() {}

  // From begin to end, by the device's clock. After `wait`.
  double milliseconds() const { return milliseconds_; }
  DeviceTimes device_times() const { return {}; }

 private:
  Stopwatch watch_;
  double milliseconds_ = 0;
};

template <HostContext C>
HostLane make_lane(C& /*context*/) {
  return {};
}

}  // namespace kindling
