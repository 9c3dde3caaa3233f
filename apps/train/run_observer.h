#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "apps/train/progress.h"
#include "apps/train/stop_signals.h"
#include "engine/io/csv_log.h"
#include "engine/training_state.h"

namespace kindling {

struct RunObserverOptions {
  std::int64_t epochs = 0;
  std::optional<std::int64_t> checkpoint_every;  // steps; empty: after each epoch
  std::optional<double> max_minutes;             // since the observer was made
};

enum class StopReason { kNone, kSignal, kTime };

// What happens around training: rows into the logs, progress on the screen, checkpoints when they are due, and the
// answer to whether to stop. The rows up to a checkpoint are on the disk before it is.
class RunObserver : public TrainingObserver {
 public:
  // `save`: writes a checkpoint of the state it is given, and the weights.
  RunObserver(const RunObserverOptions& options, BatchLog batch_log, EpochLog epoch_log, StopSignals& signals,
              std::function<void(const TrainingState&)> save);

  void batch_finished(const BatchReport& report, const TrainingState& state) override;
  void epoch_finished(const EpochReport& report, const TrainingState& state) override;
  void evaluation_progressed(std::int64_t batches_done, std::int64_t batches) override;
  bool wants_state_after(std::int64_t step) override { return checkpoint_is_due(step); }
  bool stop_requested() override;
  bool evaluation_stop_requested() override;

  // Saves a checkpoint unless the newest is of exactly this state.
  void checkpoint(const TrainingState& state);
  // After an error: what is known goes to the disk, without a checkpoint.
  void flush_logs();

  StopReason stop_reason() const { return stop_reason_; }
  int signal() { return signals_.arrived(); }
  // Of the last epoch that this process finished.
  const std::optional<EpochReport>& last_epoch() const { return last_epoch_; }
  ProgressDisplay& display() { return display_; }

 private:
  bool checkpoint_is_due(std::int64_t step) const {
    return options_.checkpoint_every && step % *options_.checkpoint_every == 0;
  }

  RunObserverOptions options_;
  BatchLog batch_log_;
  EpochLog epoch_log_;
  StopSignals& signals_;
  std::function<void(const TrainingState&)> save_;
  ProgressDisplay display_;
  Stopwatch since_start_;
  StopReason stop_reason_ = StopReason::kNone;
  std::optional<EpochReport> last_epoch_;
  std::optional<TrainingState> saved_;
};

}  // namespace kindling
