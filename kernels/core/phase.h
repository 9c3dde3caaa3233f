#pragma once

#include <cstddef>

namespace kindling {

// What the trainer's thread does at a time: the phases into which a run's wall time is divided. On the host the ops of
// a step run in their call, so that copy, forward, backward and optimizer are times of that thread. A device runs them
// by itself: the thread only launches and waits, and the device's events tell how long they took (DeviceTimes).
enum class Phase {
  kOther,
  kData,     // waiting for the loader (or loading: no workers)
  kCopy,     // input to where the step reads it
  kForward,  // network and loss
  kBackward,
  kOptimizer,
  kLaunch,   // handing a step to the device
  kWait,     // for the device
  kMetrics,  // results read, logged and shown
  kEvaluation,
  kCheckpoint,
  kCount
};

inline constexpr const char* kPhaseNames[] = {"other",  "data", "copy",    "forward",    "backward",  "optimizer",
                                              "launch", "wait", "metrics", "evaluation", "checkpoint"};

constexpr const char* name_of(Phase phase) {
  return kPhaseNames[static_cast<std::size_t>(phase)];
}

// What a thread of the loader does.
enum class WorkerState {
  kIdle,     // nothing is left to load
  kBusy,     // filling a batch
  kBlocked,  // all slots are full or lent: the trainer is behind
  kCount
};

inline constexpr const char* kWorkerStateNames[] = {"idle", "fill", "ring full"};

constexpr const char* name_of(WorkerState state) {
  return kWorkerStateNames[static_cast<std::size_t>(state)];
}

}  // namespace kindling
