#pragma once

#include <cstdint>
#include <string>

#include "engine/training_state.h"
#include "kernels/core/clock.h"

namespace kindling {

// Shows how a run goes: on a terminal a bar that is redrawn in place, elsewhere (a batch log) a plain line at every
// tenth of an epoch and at least once a minute. Prints to stdout.
class ProgressDisplay {
 public:
  // `epochs`: of the whole run.
  explicit ProgressDisplay(std::int64_t epochs);

  void batch_finished(const BatchReport& report);
  void evaluation_progressed(std::int64_t batches_done, std::int64_t batches);
  void epoch_finished(const EpochReport& report);
  // Ends a bar that is half drawn, so that what comes next starts on a line of its own.
  void clear();

 private:
  void draw_bar(const BatchReport& report);
  void print_line(const BatchReport& report);
  double seconds_left(const BatchReport& report) const;

  std::int64_t epochs_;
  bool terminal_;
  int columns_;
  Stopwatch since_output_;
  std::int64_t batches_seen_ = 0;  // by this process, for the rate
  std::int64_t images_seen_ = 0;
  Stopwatch since_start_;
  bool bar_on_screen_ = false;
};

// "1:02:03" or "2:03".
std::string format_duration(double seconds);

}  // namespace kindling
