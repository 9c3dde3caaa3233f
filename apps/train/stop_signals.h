#pragma once

#include <csignal>

namespace kindling {

// Turns TERM, INT and USR1 (what people and Slurm send before they kill) into a question that is asked between steps.
// The signals are blocked rather than handled: no handler, no global. Make it before any thread, so that all inherit
// it. A second INT does nothing more; QUIT still ends the program at once.
class StopSignals {
 public:
  StopSignals();

  // The signal that has arrived, or 0. Remembers it.
  int arrived();

 private:
  sigset_t set_;
  int arrived_ = 0;
};

}  // namespace kindling
