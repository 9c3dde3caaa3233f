#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "engine/batch_pipeline.h"
#include "engine/bottleneck.h"
#include "kernels/core/batch.h"
#include "kernels/core/clock.h"
#include "kernels/core/time_account.h"

namespace kindling::bench {

// A training pipeline for the real trainer: loader, copy and device work beside the trainer's thread and take as long
// as they are told. Nothing is computed. Time is made up (VirtualTime, in tests) or
// passes (RealTime, in accounting_bench).

// The trainer's thread: what it waits for moves this on.
class VirtualTime {
 public:
  std::int64_t now() const { return now_; }
  Clock clock() {
    return [this] { return now_; };
  }
  void pass(std::int64_t ns) { now_ += ns; }
  void wait_until(std::int64_t then) { now_ = std::max(now_, then); }

 private:
  std::int64_t now_ = 1;
};

// The clock on the wall. Waits end within a microsecond or so: sleeping is too coarse for the last of it.
class RealTime {
 public:
  std::int64_t now() const { return now_ns(); }
  Clock clock() { return now_ns; }
  void pass(std::int64_t ns) { wait_until(now() + ns); }
  void wait_until(std::int64_t then) {
    constexpr std::int64_t kSpinNs = 300'000;
    const std::int64_t sleep_ns = then - now() - kSpinNs;
    if (sleep_ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(sleep_ns));
    while (now() < then) {
    }
  }
};

// A loader with workers that share each batch, and a ring of slots.
template <class Time>
class SimulatedLoader {
 public:
  // `batch_ns`: of all workers' work for a batch.
  SimulatedLoader(Time& time, std::int64_t batches, std::int64_t slots, std::int64_t workers, std::int64_t batch_ns)
      : time_(time), batches_(batches), slots_(slots), workers_(workers), batch_ns_(batch_ns) {}

  std::int64_t batches_per_epoch() const { return batches_; }
  void start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    epoch_ = epoch;
    next_ = first_batch;
    ready_at_ = time_.now();
    released_at_.assign(static_cast<std::size_t>(slots_), time_.now());
  }
  std::optional<Batch> next() {
    if (next_ == batches_) return std::nullopt;
    const std::int64_t slot = next_ % slots_;
    ready_at_ = std::max(ready_at_, released_at_[static_cast<std::size_t>(slot)]) + batch_ns_ / workers_;
    busy_ns_ += batch_ns_;
    time_.wait_until(ready_at_);
    return Batch{.epoch = epoch_, .index = next_++, .images = 1, .slot = slot};
  }
  void release(const Batch& batch) { released_at_[static_cast<std::size_t>(batch.slot)] = time_.now(); }

  double busy_s() const { return static_cast<double>(busy_ns_) * 1e-9; }

 private:
  Time& time_;
  std::int64_t batches_;
  std::int64_t slots_;
  std::int64_t workers_;
  std::int64_t batch_ns_;
  std::int64_t epoch_ = 0;
  std::int64_t next_ = 0;
  std::int64_t ready_at_ = 0;
  std::int64_t busy_ns_ = 0;
  std::vector<std::int64_t> released_at_;
};

struct SimulatedCosts {
  std::int64_t copy_ns = 0;
  std::int64_t launch_ns = 0;
  std::int64_t forward_ns = 0;
  std::int64_t backward_ns = 0;
  std::int64_t optimizer_ns = 0;
};

// Steps on a device: the host launches and waits; copies run beside the computing of earlier steps.
template <class Timeline>
class SimulatedDeviceStep {
 public:
  using Time = Timeline;

  SimulatedDeviceStep(Time& time, PhaseAccount& account, const SimulatedCosts& costs)
      : time_(time), account_(account), costs_(costs) {}

  const SimulatedDeviceStep& pipeline() const { return *this; }
  bool is_full() const { return ends_at_.size() == 3; }

  void submit(const BatchSlot& /*slot*/, std::int64_t /*images*/, double /*lr*/ = 0, std::int64_t /*step*/ = 0) {
    const PhaseScope scope(account_, Phase::kLaunch);
    time_.pass(costs_.launch_ns);
    copied_at_ = std::max(copied_at_, time_.now()) + costs_.copy_ns;
    computed_at_ = std::max(computed_at_, copied_at_) + costs_.forward_ns + costs_.backward_ns + costs_.optimizer_ns;
    ends_at_.push_back(computed_at_);
  }
  StepResult collect() {
    const PhaseScope scope(account_, Phase::kWait);
    time_.wait_until(ends_at_.front());
    ends_at_.pop_front();
    StepResult result{.metrics = {.loss_sum = 1, .correct = 0, .images = 1}};
    result.device.copy_ms = static_cast<double>(costs_.copy_ns) * 1e-6;
    result.device.forward_ms = static_cast<double>(costs_.forward_ns) * 1e-6;
    result.device.backward_ms = static_cast<double>(costs_.backward_ns) * 1e-6;
    result.device.optimizer_ms = static_cast<double>(costs_.optimizer_ns) * 1e-6;
    return result;
  }

 private:
  Time& time_;
  PhaseAccount& account_;
  SimulatedCosts costs_;
  std::int64_t copied_at_ = 0;
  std::int64_t computed_at_ = 0;
  std::deque<std::int64_t> ends_at_;
};

// Steps on the host: everything happens in the call.
template <class Timeline>
class SimulatedHostStep {
 public:
  using Time = Timeline;

  SimulatedHostStep(Time& time, PhaseAccount& account, const SimulatedCosts& costs)
      : time_(time), account_(account), costs_(costs) {}

  const SimulatedHostStep& pipeline() const { return *this; }
  static bool is_full() { return true; }

  void submit(const BatchSlot& /*slot*/, std::int64_t /*images*/, double /*lr*/ = 0, std::int64_t /*step*/ = 0) {
    const PhaseScope scope(account_, Phase::kLaunch);
    spend(Phase::kCopy, costs_.copy_ns);
    spend(Phase::kForward, costs_.forward_ns);
    spend(Phase::kBackward, costs_.backward_ns);
    spend(Phase::kOptimizer, costs_.optimizer_ns);
  }
  StepResult collect() const { return {.metrics = {.loss_sum = 1, .correct = 0, .images = 1}}; }

 private:
  void spend(Phase phase, std::int64_t ns) {
    account_.enter(phase);
    time_.pass(ns);
  }

  Time& time_;
  PhaseAccount& account_;
  SimulatedCosts costs_;
};

}  // namespace kindling::bench
