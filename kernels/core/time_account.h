#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "kernels/core/clock.h"
#include "kernels/core/phase.h"
#include "kernels/core/trace.h"
#include "kernels/core/trace_log.h"

namespace kindling {

// How long a thread was in each of the states of an enum (which ends with kCount).
template <class State>
class StateTimes {
 public:
  std::int64_t& ns(State state) { return ns_[static_cast<std::size_t>(state)]; }
  std::int64_t ns(State state) const { return ns_[static_cast<std::size_t>(state)]; }
  double seconds(State state) const { return static_cast<double>(ns(state)) * 1e-9; }

  std::int64_t total_ns() const {
    std::int64_t total = 0;
    for (const std::int64_t one : ns_) total += one;
    return total;
  }
  double total_seconds() const { return static_cast<double>(total_ns()) * 1e-9; }

  StateTimes& operator+=(const StateTimes& other) {
    for (std::size_t i = 0; i < ns_.size(); ++i) ns_[i] += other.ns_[i];
    return *this;
  }
  bool operator==(const StateTimes&) const = default;

 private:
  std::array<std::int64_t, static_cast<std::size_t>(State::kCount)> ns_{};
};

// Divides the time of one thread into states: it is in exactly one at a time, and each change reads the clock once. So
// the times of all states add up to the wall time by construction, and no state is what is left of others. Not safe
// against several threads at a time.
template <class State>
class TimeAccount {
 public:
  // Begins in `state`. With `lane`, every stretch of time but those in State{} (nothing in particular) is traced.
  explicit TimeAccount(Clock clock = now_ns, TraceLane* lane = nullptr, State state = State{})
      : clock_(std::move(clock)), lane_(lane), state_(state), since_ns_(clock_()) {}

  // From now on the thread is in `state`; the one before.
  State enter(State state) {
    const std::int64_t now = clock_();
    add_until(now);
    if (lane_ != nullptr && state_ != State{} && now > begin_ns_) {
      lane_->events.push_back({name_of(state_), begin_ns_, now});
    }
    begin_ns_ = now;
    return std::exchange(state_, state);
  }

  State state() const { return state_; }

  // The times since the last call of this.
  StateTimes<State> take() {
    add_until(clock_());
    total_ += times_;
    return std::exchange(times_, {});
  }

  // All times that were taken since the account was made or restarted.
  const StateTimes<State>& total() const { return total_; }

  // Forgets all times, in the trace too: what was before doesn't count.
  void restart() {
    take();
    total_ = {};
    begin_ns_ = since_ns_;
    if (lane_ != nullptr) lane_->events.clear();
  }

  std::int64_t now() const { return clock_(); }

 private:
  void add_until(std::int64_t now) {
    times_.ns(state_) += now - since_ns_;
    since_ns_ = now;
  }

  Clock clock_;
  TraceLane* lane_;
  State state_;
  std::int64_t since_ns_;              // up to where times_ goes
  std::int64_t begin_ns_ = since_ns_;  // of this stretch
  StateTimes<State> times_;
  StateTimes<State> total_;
};

using PhaseTimes = StateTimes<Phase>;
using PhaseAccount = TimeAccount<Phase>;
using WorkerTimes = StateTimes<WorkerState>;

// While it lives the trainer's thread is in `phase`, for the account and for profilers; then in the phase before.
class PhaseScope {
 public:
  PhaseScope(PhaseAccount& account, Phase phase)
      : range_(name_of(phase)), account_(account), before_(account.enter(phase)) {}
  ~PhaseScope() { account_.enter(before_); }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  TraceRange range_;
  PhaseAccount& account_;
  Phase before_;
};

// As PhaseScope, where there is an account.
inline std::optional<PhaseScope> optional_phase(PhaseAccount* account, Phase phase) {
  return account == nullptr ? std::nullopt : std::optional<PhaseScope>(std::in_place, *account, phase);
}

}  // namespace kindling
