#pragma once

namespace kindling {

// Turns TERM, INT and USR1 (what people and Slurm send before they kill) into a question that is asked between steps.
// From its construction to the program's end the signals only leave a mark. A second INT does nothing more; QUIT still
// ends the program at once.
class StopSignals {
 public:
  StopSignals();

  // The first signal that has arrived, or 0.
  int arrived() const;
};

}  // namespace kindling
