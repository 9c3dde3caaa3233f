#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/train/options.h"
#include "apps/train/progress.h"
#include "apps/train/run_identity.h"
#include "apps/train/stop_signals.h"
#include "engine/metrics.h"
#include "engine/summary.h"
#include "engine/training_state.h"

namespace kindling {

// What kindling-train says on the screen besides its progress, and what it writes into run.json.

struct RunSizes {
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  std::int64_t batches_per_epoch = 0;
  std::int64_t parameters = 0;
};

void print_run(const TrainOptions& options, const Hyperparameters& hyperparameters, const RunIdentity& identity,
               const RunSizes& sizes);
void print_summary(const std::vector<LayerSummary>& layers);
void print_test_result(const RunningMetrics& metrics, double seconds);
// Where the file system can't lock, a second run in the same folder would go unnoticed.
void print_not_locked(const std::string& folder);
void print_lost_trace(const std::string& why);
void print_out_of_time(const TrainingState& state, const std::string& folder);

// Every option resolved, sizes, host and build.
nlohmann::ordered_json run_record(const TrainOptions& options, const RunIdentity& identity, const RunSizes& sizes);

// Throws Error(kInterrupted): "stopped by SIGTERM " + what.
[[noreturn]] void throw_interrupted(int signal, const std::string& what);

// 0, or after one line on stderr kTargetMissed when there is a target and top1 is below it.
int target_status(std::optional<double> target, double top1);

// For evaluation alone: shows how far it is, keeps nothing.
class ScreenOnlyObserver : public TrainingObserver {
 public:
  explicit ScreenOnlyObserver(StopSignals& signals) : signals_(signals), display_(1) {}
  ScreenOnlyObserver(const ScreenOnlyObserver&) = delete;
  ScreenOnlyObserver& operator=(const ScreenOnlyObserver&) = delete;
  ~ScreenOnlyObserver() override { display_.clear(); }

  void batch_finished(const BatchReport& /*report*/, const TrainingState& /*state*/) override {}
  void epoch_finished(const EpochReport& /*report*/, const TrainingState& /*state*/) override {}
  void evaluation_progressed(std::int64_t batches_done, std::int64_t batches) override {
    display_.evaluation_progressed(batches_done, batches);
    if (batches_done == batches) display_.clear();  // the result follows
  }
  bool stop_requested() override { return signals_.arrived() != 0; }
  bool evaluation_stop_requested() override { return signals_.arrived() != 0; }

 private:
  StopSignals& signals_;
  ProgressDisplay display_;
};

}  // namespace kindling
