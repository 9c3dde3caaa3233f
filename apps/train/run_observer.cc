#include "apps/train/run_observer.h"

#include <sys/resource.h>

#include <utility>

namespace kindling {
namespace {

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

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

RunObserver::RunObserver(const RunObserverOptions& options, BatchLog batch_log, EpochLog epoch_log,
                         StopSignals& signals, std::function<void(const TrainingState&)> save)
    : options_(options),
      batch_log_(std::move(batch_log)),
      epoch_log_(std::move(epoch_log)),
      signals_(signals),
      save_(std::move(save)),
      display_(options.epochs) {}

void RunObserver::batch_finished(const BatchReport& report, const TrainingState& state) {
  batch_log_.append({.epoch = report.epoch + 1,
                     .batch = report.batch + 1,
                     .images = report.metrics.images,
                     .loss = report.metrics.mean_loss(),
                     .running_loss = report.running.loss(),
                     .top1 = top1_of(report.metrics),
                     .running_top1 = report.running.top1(),
                     .data_ms = report.data_ms,
                     .compute_ms = report.compute_ms});
  batch_log_.flush();  // a killed run keeps its rows; what is not synced only a power cut can take
  display_.batch_finished(report);
  if (checkpoint_is_due(state.step)) checkpoint(state);
}

void RunObserver::epoch_finished(const EpochReport& report, const TrainingState& state) {
  epoch_log_.append(to_row(report));
  last_epoch_ = report;
  display_.epoch_finished(report);
  if (options_.checkpoint_every) {
    flush_logs();
  } else {
    checkpoint(state);
  }
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
  batch_log_.sync();
  epoch_log_.sync();
  save_(state);
  saved_ = state;
}

void RunObserver::flush_logs() {
  batch_log_.flush();
  epoch_log_.flush();
}

}  // namespace kindling
