#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/batch_source.h"
#include "engine/device_trace.h"
#include "engine/evaluation.h"
#include "engine/train_step.h"
#include "engine/training_state.h"
#include "kernels/core/error.h"

namespace kindling {

struct TrainerOptions {
  std::int64_t epochs = 5;
  std::function<double(std::int64_t step)> learning_rate;  // of a step, counted from 1
  // Waits for each step before it takes the next batch, so that loading and computing don't overlap and their times add
  // up. Changes times only; on the host it is always so.
  bool sync_timing = false;
  PhaseAccount* account = nullptr;      // that of train_step too; null: one of the trainer's own
  DeviceTrace* device_trace = nullptr;  // null: what a device does is not traced
};

// The loop of training: batches into steps, steps into epochs, each epoch followed by an evaluation. What happens
// around it (printing, files, signals) is the observer's business. On a device it takes and submits the next batches
// while steps are under way and reports each as it is done; it waits only for what it has to know.
template <class C, BatchSource Source, class Train = TrainStep<C>, class Eval = EvalStep<C>>
class Trainer {
 public:
  using Feed = BatchFeed<C, Source>;

  // All outlive the trainer.
  Trainer(Train& train_step, Eval& eval_step, ParameterStore<C>& parameters, TrainerOptions options,
          TrainingObserver& observer)
      : train_step_(train_step),
        eval_step_(eval_step),
        parameters_(parameters),
        options_(std::move(options)),
        account_(options_.account != nullptr ? *options_.account : own_account_),
        observer_(observer) {}

  // Trains from `state` (a new run's is TrainingState{}) to the end of the last epoch; without `test` nothing is
  // evaluated. Returns early, with kStopped, when the observer asks for it; `state` is then where a later run can go on
  // with the same bits. Throws Error(kDiverged) at the first loss that isn't finite, and whatever the sources throw.
  template <BatchSource TestSource>
  TrainingEnd run(TrainingState& state, const Feed& train, const std::optional<BatchFeed<C, TestSource>>& test) {
    stopping_ = false;
    while (state.epoch < options_.epochs) {
      train_epoch(state, train, test.has_value());
      const bool is_whole = state.batch == train.source.batches_per_epoch();
      if (stopping_ && (test || !is_whole)) return TrainingEnd::kStopped;
      EpochReport report{.epoch = state.epoch, .train = state.metrics, .test = {}, .seconds = {}};
      if (test) {
        const PhaseScope scope(account_, Phase::kEvaluation);
        const std::int64_t begin = account_.now();
        report.test = evaluate(eval_step_, *test, observer_);
        if (!report.test) return TrainingEnd::kStopped;
        state.seconds.eval = seconds_since(begin);
      }
      state.seconds.phases += account_.take();
      report.seconds = state.seconds;
      state.begin_epoch(state.epoch + 1);
      report_epoch(report, state);
      // After the last epoch nothing is left to stop: a run that is complete must not look like one to go on with.
      if (state.epoch < options_.epochs && (stopping_ || observer_.stop_requested())) return TrainingEnd::kStopped;
    }
    return TrainingEnd::kFinished;
  }

 private:
  // A batch whose step is under way.
  struct PendingBatch {
    Batch batch;
    double lr;
    double data_ms;
  };

  // Up to the end of the epoch, or until the observer asked to stop; what was begun is finished first.
  void train_epoch(TrainingState& state, const Feed& train, bool is_evaluated) {
    Source& source = train.source;
    if (state.batch == source.batches_per_epoch()) return;  // resumed between the last batch and the evaluation
    wall_since_ = account_.now();
    start_source(state, source);
    std::int64_t step = state.step;
    while (!stopping_) {
      const std::int64_t begin = account_.now();
      const std::optional<Batch> batch = next_batch(state, source, is_evaluated);
      if (!batch) break;
      const double data_ms = 1e3 * seconds_since(begin);
      const double lr = options_.learning_rate(++step);
      train_step_.submit(train.slots.slot(batch->slot), batch->images, lr, step);
      pending_.push_back({*batch, lr, data_ms});
      const bool wait_for_it = options_.sync_timing || observer_.wants_state_after(step);
      if (train_step_.pipeline().is_full()) finish_batch(state, source, is_evaluated);
      while (wait_for_it && !pending_.empty()) finish_batch(state, source, is_evaluated);
    }
    while (!pending_.empty()) finish_batch(state, source, is_evaluated);
    add_wall_time(state);
  }

  void start_source(const TrainingState& state, Source& source) {
    const PhaseScope scope(account_, Phase::kData);
    source.start_epoch(state.epoch, state.batch);
  }

  void report_epoch(const EpochReport& report, const TrainingState& state) {
    const PhaseScope scope(account_, Phase::kMetrics);
    observer_.epoch_finished(report, state);
  }

  std::optional<Batch> next_batch(TrainingState& state, Source& source, bool is_evaluated) {
    try {
      const PhaseScope scope(account_, Phase::kData);
      return source.next();
    } catch (...) {  // the batches before it are good, and are reported
      while (!pending_.empty()) finish_batch(state, source, is_evaluated);
      throw;
    }
  }

  // Waits for the oldest step under way and reports it. Without an evaluation behind it, the epoch's last batch is its
  // end, where run() asks whether to stop.
  void finish_batch(TrainingState& state, Source& source, bool is_evaluated) {
    const PendingBatch pending = pending_.front();
    pending_.pop_front();
    const StepResult result = train_step_.collect();
    const PhaseScope scope(account_, Phase::kMetrics);
    source.release(pending.batch);
    if (options_.device_trace != nullptr) options_.device_trace->add(result.device);
    require_finite(result.metrics, state, pending.lr);
    parameters_.set_batches_tracked(parameters_.batches_tracked() + 1);
    state.add_batch(result.metrics, pending.data_ms, result.compute_ms, result.device);
    add_wall_time(state);
    observer_.batch_finished({.epoch = state.epoch,
                              .batch = pending.batch.index,
                              .batches = source.batches_per_epoch(),
                              .metrics = result.metrics,
                              .running = state.metrics,
                              .lr = pending.lr,
                              .data_ms = pending.data_ms,
                              .compute_ms = result.compute_ms,
                              .device = result.device},
                             state);
    const bool ends_epoch = state.batch == source.batches_per_epoch() && !is_evaluated;
    if (!ends_epoch && !stopping_) stopping_ = observer_.stop_requested();
  }

  double seconds_since(std::int64_t begin_ns) const { return static_cast<double>(account_.now() - begin_ns) * 1e-9; }

  void add_wall_time(TrainingState& state) {
    const std::int64_t now = account_.now();
    state.seconds.wall += static_cast<double>(now - wall_since_) * 1e-9;
    wall_since_ = now;
    state.seconds.phases += account_.take();
  }

  static void require_finite(const BatchMetrics& metrics, const TrainingState& state, double lr) {
    if (std::isfinite(metrics.loss_sum)) return;
    const std::string before = state.metrics.images() == 0
                                   ? "no batch of this epoch was finite"
                                   : fmt::format("before it, this epoch's running loss was {:.6g} and top-1 {:.4f}",
                                                 state.metrics.loss(), state.metrics.top1());
    throw Error(ErrorCode::kDiverged, fmt::format("the loss is {} in epoch {}, batch {} (learning rate {}); {}",
                                                  metrics.mean_loss(), state.epoch + 1, state.batch + 1, lr, before));
  }

  Train& train_step_;
  Eval& eval_step_;
  ParameterStore<C>& parameters_;
  TrainerOptions options_;
  PhaseAccount own_account_;
  PhaseAccount& account_;
  TrainingObserver& observer_;
  std::deque<PendingBatch> pending_;  // in the order of submission
  std::int64_t wall_since_ = 0;       // when the wall time was last added up
  bool stopping_ = false;
};

}  // namespace kindling
