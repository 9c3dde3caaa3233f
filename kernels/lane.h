#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/core/clock.h"
#include "kernels/memory.h"

namespace kindling {

// Order and time of one step that is under way. The calls for a step are, in this order: upload (any number), begin,
// the step's ops, download (any number), end; then wait, and the lane serves the next step. A device works on the
// steps of its lanes one after the other, in the order of `begin`, but copies the input of one while it computes
// another: uploads don't wait for ops of other lanes. What is copied must stay as it is until `wait` returns, and is
// pinned (allocate_staging) where it shall be copied beside the computing. Destroying a lane waits for its step.
//
// On the host everything happens in the call.
class HostLane {
 public:
  void upload(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  void begin() { watch_.restart_ms(); }
  void download(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  void end() { milliseconds_ = watch_.elapsed_ms(); }
  void wait() {}

  // From begin to end, by the device's clock. After `wait`.
  double milliseconds() const { return milliseconds_; }

 private:
  Stopwatch watch_;
  double milliseconds_ = 0;
};

template <HostContext C>
HostLane make_lane(C& /*context*/) {
  return {};
}

}  // namespace kindling
