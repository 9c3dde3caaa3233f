#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/batch_source.h"
#include "engine/metrics.h"
#include "engine/train_step.h"
#include "engine/training_state.h"
#include "kernels/core/clock.h"
#include "kernels/core/error.h"

namespace kindling {

struct TrainerOptions {
  std::int64_t epochs = 5;
  bool evaluate = true;
  std::function<double(std::int64_t step)> learning_rate;  // of a step, counted from 1
};

// The loop of training: batches into steps, steps into epochs, each epoch followed by an evaluation. What happens
// around it (printing, files, signals) is the observer's business. Test is an evaluation source over the test set.
template <class C, BatchSource Source>
class Trainer {
 public:
  Trainer(TrainStep<C>& train_step, EvalStep<C>& eval_step, ParameterStore<C>& parameters, TrainerOptions options,
          TrainingObserver& observer)
      : train_step_(train_step),
        eval_step_(eval_step),
        parameters_(parameters),
        options_(std::move(options)),
        observer_(observer) {}

  // Trains from `state` (a new run's is TrainingState{}) to the end of the last epoch. Returns early, with kStopped,
  // when the observer asks for it; `state` is then where a later run can go on with the same bits. Throws
  // Error(kDiverged) at the first loss that isn't finite, and whatever the sources throw.
  TrainingEnd run(TrainingState& state, Source& train, const SlotPool<C>& train_slots, Source& test,
                  const SlotPool<C>& test_slots) {
    while (state.epoch < options_.epochs) {
      if (!train_epoch(state, train, train_slots)) return TrainingEnd::kStopped;
      EpochReport report{.epoch = state.epoch, .train = state.metrics, .test = {}, .seconds = state.seconds};
      if (options_.evaluate) {
        const Stopwatch watch;
        report.test = evaluate(test, test_slots);
        if (!report.test) return TrainingEnd::kStopped;
        report.seconds.eval = watch.elapsed_s();
      }
      state.begin_epoch(state.epoch + 1);
      observer_.epoch_finished(report, state);
      if (observer_.stop_requested()) return TrainingEnd::kStopped;
    }
    return TrainingEnd::kFinished;
  }

  // Loss and top-1 over one pass of the source; empty when the observer asked to stop.
  std::optional<RunningMetrics> evaluate(Source& test, const SlotPool<C>& slots) {
    RunningMetrics metrics;
    test.start_epoch(0, 0);
    while (const std::optional<Batch> batch = test.next()) {
      metrics.add(eval_step_.run(slots.slot(batch->slot), batch->images));
      test.release(*batch);
      observer_.evaluation_progressed(batch->index + 1, test.batches_per_epoch());
      if (observer_.stop_requested()) return std::nullopt;
    }
    return metrics;
  }

 private:
  // False when stopped early.
  bool train_epoch(TrainingState& state, Source& source, const SlotPool<C>& slots) {
    if (state.batch == source.batches_per_epoch()) return true;  // resumed between the last batch and the evaluation
    source.start_epoch(state.epoch, state.batch);
    Stopwatch watch;
    while (const std::optional<Batch> batch = source.next()) {
      const double data_ms = watch.restart_ms();
      const std::int64_t step = state.step + 1;
      const double lr = options_.learning_rate(step);
      const BatchMetrics metrics = train_step_.run(slots.slot(batch->slot), batch->images, lr, step);
      source.release(*batch);
      require_finite(metrics, state, lr);
      parameters_.set_batches_tracked(parameters_.batches_tracked() + 1);
      const double compute_ms = watch.restart_ms();
      state.add_batch(metrics, data_ms, compute_ms);
      observer_.batch_finished({.epoch = state.epoch,
                                .batch = batch->index,
                                .batches = source.batches_per_epoch(),
                                .metrics = metrics,
                                .running = state.metrics,
                                .lr = lr,
                                .data_ms = data_ms,
                                .compute_ms = compute_ms},
                               state);
      if (observer_.stop_requested()) return false;
      state.seconds.train += watch.restart_ms() * 1e-3;
    }
    return true;
  }

  static void require_finite(const BatchMetrics& metrics, const TrainingState& state, double lr) {
    if (std::isfinite(metrics.loss_sum)) return;
    std::string message = "the loss is " + std::to_string(metrics.mean_loss()) + " in epoch " +
                          std::to_string(state.epoch + 1) + ", batch " + std::to_string(state.batch + 1) +
                          " (learning rate " + std::to_string(lr) + "); ";
    message += state.metrics.images() == 0
                   ? "no batch of this epoch was finite"
                   : "before it, this epoch's running loss was " + std::to_string(state.metrics.loss()) +
                         " and top-1 " + std::to_string(state.metrics.top1());
    throw Error(ErrorCode::kDiverged, message);
  }

  TrainStep<C>& train_step_;
  EvalStep<C>& eval_step_;
  ParameterStore<C>& parameters_;
  TrainerOptions options_;
  TrainingObserver& observer_;
};

}  // namespace kindling
