#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/run_logs.h"
#include "apps/train/run_times.h"
#include "apps/train/stop_signals.h"
#include "engine/io/background_writer.h"
#include "engine/norm_probe.h"
#include "engine/training_state.h"

namespace kindling {

struct RunObserverOptions {
  std::int64_t epochs = 0;
  std::optional<std::int64_t> checkpoint_every;  // steps; empty: after each epoch
  std::optional<double> max_minutes;             // since the observer was made
  std::optional<std::int64_t> log_norms;         // steps
  bool on_device = false;                        // phases.csv has times of a device
  PhaseAccount* account = nullptr;               // of the trainer's thread
  TraceLane* writer_lane = nullptr;              // null: not traced
};

// What the observer needs of the run.
struct RunHooks {
  std::function<void(const TrainingState&)> take_snapshot;  // copies the run as it is now
  std::function<void()> save_snapshot;                      // a checkpoint of that, and the weights; on any thread
  std::function<LoaderTimes()> take_loader_times;           // since the last call
  std::function<std::vector<StageNorms>(std::int64_t images)> measure_norms;  // after a step on so many images
};

enum class StopReason { kNone, kSignal, kTime };

// What happens around training: rows into the logs, progress on the screen, checkpoints when they are due, and the
// answer to whether to stop. A checkpoint is copied on the trainer's thread and written beside it, one at a time; the
// rows up to it are on the disk before it is. Where writing one failed, the next call that reports a batch, saves or
// waits throws Error(kOutput).
class RunObserver : public TrainingObserver {
 public:
  RunObserver(const RunObserverOptions& options, RunLogs logs, StopSignals& signals, RunHooks hooks);
  RunObserver(const RunObserver&) = delete;  // the writer's thread refers to it
  RunObserver& operator=(const RunObserver&) = delete;

  void batch_finished(const BatchReport& report, const TrainingState& state) override;
  void epoch_finished(const EpochReport& report, const TrainingState& state) override;
  void evaluation_progressed(std::int64_t batches_done, std::int64_t batches) override;
  bool wants_state_after(std::int64_t step) override { return checkpoint_is_due(step) || norms_are_due(step); }
  bool stop_requested() override;
  bool evaluation_stop_requested() override;

  // Begins to save a checkpoint, after the one before, unless the newest is of exactly this state.
  void checkpoint(const TrainingState& state);
  // Until what was begun is on the disk.
  void finish_saving();
  // After an error: what is known goes to the disk, without a checkpoint.
  void flush_logs() { logs_.flush(); }

  StopReason stop_reason() const { return stop_reason_; }
  int signal() { return signals_.arrived(); }
  // Of the last epoch that this process finished.
  const std::optional<EpochReport>& last_epoch() const { return last_epoch_; }
  ProgressDisplay& display() { return display_; }
  // Batches of this process, and what loader and device did for them; wall time and phases are the caller's to add.
  RunTimes times();

 private:
  bool checkpoint_is_due(std::int64_t step) const {
    return options_.checkpoint_every && step % *options_.checkpoint_every == 0;
  }

  bool norms_are_due(std::int64_t step) const { return options_.log_norms && step % *options_.log_norms == 0; }
  void log_norms(const BatchReport& report);

  RunObserverOptions options_;
  RunLogs logs_;
  StopSignals& signals_;
  RunHooks hooks_;
  ProgressDisplay display_;
  Stopwatch since_start_;
  StopReason stop_reason_ = StopReason::kNone;
  std::optional<EpochReport> last_epoch_;
  std::optional<TrainingState> saved_;
  RunTimes times_;
  BackgroundWriter writer_;  // last: its thread uses the logs
};

}  // namespace kindling
