#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>

namespace kindling {

// Nanoseconds of a clock that never goes back; only differences mean something.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A source of such nanoseconds; tests put one of their own in the place of now_ns.
using Clock = std::function<std::int64_t()>;

// Time since it was made or last restarted.
class Stopwatch {
 public:
  double elapsed_ms() const { return static_cast<double>(now_ns() - start_ns_) * 1e-6; }
  double elapsed_s() const { return static_cast<double>(now_ns() - start_ns_) * 1e-9; }

  // The time so far, and starts again from zero.
  double restart_ms() {
    const std::int64_t now = now_ns();
    const double elapsed = static_cast<double>(now - start_ns_) * 1e-6;
    start_ns_ = now;
    return elapsed;
  }

 private:
  std::int64_t start_ns_ = now_ns();
};

// The shortest of `repeats` runs after one that isn't counted, in seconds: whatever else the machine does only adds
// time.
template <class Work>
double best_seconds(int repeats, const Work& work) {
  work();
  double best = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const Stopwatch watch;
    work();
    best = std::min(best, watch.elapsed_s());
  }
  return best;
}

}  // namespace kindling
