#include "apps/train/run_observer.h"

#include <utility>

#include "apps/program.h"

namespace kindling {
namespace {

double top1_of(const BatchMetrics& metrics) {
  return static_cast<double>(metrics.correct) / static_cast<double>(metrics.images);
}

EpochRow to_row(const EpochReport& report) {
  EpochRow row;
  row.epoch = report.epoch + 1;
  row.train_loss = report.train.loss();
  row.train_top1 = report.train.top1();
  if (report.test) {
    row.test_loss = report.test->loss();
    row.test_top1 = report.test->top1();
  }
  row.data_s = report.seconds.data;
  row.train_s = report.seconds.compute;
  row.eval_s = report.seconds.eval;
  row.total_s = report.seconds.wall + report.seconds.eval;
  row.images_per_s = static_cast<double>(report.train.images()) / report.seconds.wall;
  row.peak_rss_mb = peak_rss_mb();
  return row;
}

}  // namespace

RunObserver::RunObserver(const RunObserverOptions& options, RunLogs logs, StopSignals& signals, RunHooks hooks)
    : options_(options),
      logs_(std::move(logs)),
      signals_(signals),
      hooks_(std::move(hooks)),
      display_(options.epochs),
      writer_(options.writer_lane) {}

void RunObserver::batch_finished(const BatchReport& report, const TrainingState& state) {
  logs_.batches.append({.epoch = report.epoch + 1,
                        .batch = report.batch + 1,
                        .images = report.metrics.images,
                        .loss = report.metrics.mean_loss(),
                        .running_loss = report.running.loss(),
                        .top1 = top1_of(report.metrics),
                        .running_top1 = report.running.top1(),
                        .data_ms = report.data_ms,
                        .compute_ms = report.compute_ms});
  logs_.batches.flush();  // a killed run keeps its rows; what is not synced only a power cut can take
  if (norms_are_due(state.step)) log_norms(report);
  display_.batch_finished(report);
  times_.device += report.device;
  ++times_.batches;
  writer_.rethrow_failure();  // rather than train on towards a checkpoint that can't be written
  if (checkpoint_is_due(state.step)) checkpoint(state);
}

void RunObserver::log_norms(const BatchReport& report) {
  for (const StageNorms& stage : hooks_.measure_norms(report.metrics.images)) {
    logs_.norms->append({.epoch = report.epoch + 1,
                         .batch = report.batch + 1,
                         .stage = stage.stage,
                         .activation_rms = stage.activation_rms,
                         .gradient_norm = stage.gradient_norm,
                         .weight_norm = stage.weight_norm});
  }
  logs_.norms->flush();
}

void RunObserver::epoch_finished(const EpochReport& report, const TrainingState& state) {
  const LoaderTimes loader = hooks_.take_loader_times();
  times_.loader += loader;
  logs_.epochs.append(to_row(report));
  logs_.phases.append({.epoch = report.epoch + 1,
                       .phases = report.seconds.phases,
                       .workers = loader.workers,
                       .ring_depth = loader.mean_ready_batches(),
                       .device = options_.on_device ? std::optional(report.seconds.device) : std::nullopt});
  last_epoch_ = report;
  display_.epoch_finished(report);
  if (options_.checkpoint_every) {
    flush_logs();
  } else {
    checkpoint(state);
  }
}

RunTimes RunObserver::times() {
  times_.loader += hooks_.take_loader_times();
  return times_;
}

void RunObserver::evaluation_progressed(std::int64_t batches_done, std::int64_t batches) {
  display_.evaluation_progressed(batches_done, batches);
}

bool RunObserver::stop_requested() {
  if (signals_.arrived() != 0) {
    stop_reason_ = StopReason::kSignal;
  } else if (options_.max_minutes && since_start_.elapsed_s() >= 60 * *options_.max_minutes) {
    stop_reason_ = StopReason::kTime;
  }
  return stop_reason_ != StopReason::kNone;
}

bool RunObserver::evaluation_stop_requested() {
  return signals_.arrived() != 0 && stop_requested();
}

void RunObserver::checkpoint(const TrainingState& state) {
  const bool is_saved = saved_ && saved_->epoch == state.epoch && saved_->batch == state.batch;
  if (is_saved) return;
  const PhaseScope scope(*options_.account, Phase::kCheckpoint);
  writer_.wait();  // there is one snapshot
  logs_.flush();
  hooks_.take_snapshot(state);
  writer_.start([this] {
    logs_.sync_flushed();
    hooks_.save_snapshot();
  });
  saved_ = state;
}

void RunObserver::finish_saving() {
  const PhaseScope scope(*options_.account, Phase::kCheckpoint);
  writer_.wait();
}

}  // namespace kindling
