#pragma once

#include <cstdint>
#include <optional>

#include "engine/metrics.h"
#include "kernels/core/time_account.h"
#include "kernels/lane.h"

namespace kindling {

// Seconds of one epoch. `wall` is the time of the training part. On the host, `data` and `compute` are parts of it; on
// a device that computes beside the loading they may overlap (TrainerOptions::sync_timing). `phases` is where the
// trainer's thread was, from the report of the epoch before to that of this one, so with evaluation and with what was
// saved between the two; `device` what a device did for the training part.
struct EpochSeconds {
  double data = 0;
  double compute = 0;
  double wall = 0;
  double eval = 0;
  PhaseTimes phases;
  DeviceTimes device;
};

// How far a run has come: with the tensors (parameters, statistics, moments) all that a later run needs to go on with
// the same bits. `epoch` and `batch` name the next batch; batch = batches per epoch means that only the evaluation of
// that epoch is left. All count from 0.
struct TrainingState {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;
  std::int64_t step = 0;   // optimizer steps done
  RunningMetrics metrics;  // of this epoch's batches so far
  EpochSeconds seconds;    // of this epoch so far, over all runs that worked on it

  void add_batch(const BatchMetrics& batch_metrics, double data_ms, double compute_ms, const DeviceTimes& device) {
    metrics.add(batch_metrics);
    seconds.data += data_ms * 1e-3;
    seconds.compute += compute_ms * 1e-3;
    seconds.device += device;
    ++batch;
    ++step;
  }

  void begin_epoch(std::int64_t next_epoch) {
    epoch = next_epoch;
    batch = 0;
    metrics = {};
    seconds = {};
  }
};

struct BatchReport {
  std::int64_t epoch;    // from 0
  std::int64_t batch;    // in the epoch, from 0
  std::int64_t batches;  // of the epoch
  BatchMetrics metrics;
  RunningMetrics running;  // this epoch's so far, this batch included
  double lr;
  double data_ms;     // the trainer's wait for the batch
  double compute_ms;  // forward to optimizer, by the device's clock
  DeviceTimes device;
};

struct EpochReport {
  std::int64_t epoch;  // from 0
  RunningMetrics train;
  std::optional<RunningMetrics> test;
  EpochSeconds seconds;
};

enum class TrainingEnd { kFinished, kStopped };

// What watches a run: logs, progress display, checkpoints, signals. Called from the trainer's thread, between steps;
// `state` is the position after what is reported, so it may be saved as it is.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void batch_finished(const BatchReport& report, const TrainingState& state) = 0;
  virtual void epoch_finished(const EpochReport& report, const TrainingState& state) = 0;
  virtual void evaluation_progressed(std::int64_t batches_done, std::int64_t batches) = 0;
  // Whether the network will be looked at (saved) when this step is reported. A device works ahead of the reports; it
  // then stops there and waits. Steps count from 1.
  virtual bool wants_state_after(std::int64_t /*step*/) { return false; }
  // Asked after each training batch and between epochs.
  virtual bool stop_requested() = 0;
  // Asked inside an evaluation, whose part is lost then. A run that is only out of time should finish it: jobs chained
  // by --resume auto would else never get past an evaluation that each of them begins and drops.
  virtual bool evaluation_stop_requested() = 0;
};

}  // namespace kindling
