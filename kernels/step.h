#pragma once

#include <functional>
#include <utility>

#include "kernels/memory.h"

namespace kindling {

// A step is recorded once and replayed for every batch, so that a device can keep it as one graph. The work must be the
// same ops on the same memory each time: what changes from step to step (input, labels, lr) lies in memory, not in
// arguments. On the host, replaying just runs the work.
class HostStep {
 public:
  HostStep() = default;
  explicit HostStep(std::function<void()> work) : work_(std::move(work)) {}

  void replay() const { work_(); }

 private:
  std::function<void()> work_;
};

template <HostContext C>
HostStep record_step(C& /*context*/, std::function<void()> work) {
  return HostStep(std::move(work));
}

}  // namespace kindling
