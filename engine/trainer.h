#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/batch_source.h"
#include "engine/evaluation.h"
#include "engine/train_step.h"
#include "engine/training_state.h"
#include "kernels/core/clock.h"
#include "kernels/core/error.h"

namespace kindling {

struct TrainerOptions {
  std::int64_t epochs = 5;
  std::function<double(std::int64_t step)> learning_rate;  // of a step, counted from 1
};

// The loop of training: batches into steps, steps into epochs, each epoch followed by an evaluation. What happens
// around it (printing, files, signals) is the observer's business.
template <class C, BatchSource Source>
class Trainer {
 public:
  using Feed = BatchFeed<C, Source>;

  Trainer(TrainStep<C>& train_step, EvalStep<C>& eval_step, ParameterStore<C>& parameters, TrainerOptions options,
          TrainingObserver& observer)
      : train_step_(train_step),
        eval_step_(eval_step),
        parameters_(parameters),
        options_(std::move(options)),
        observer_(observer) {}

  // Trains from `state` (a new run's is TrainingState{}) to the end of the last epoch; without `test` nothing is
  // evaluated. Returns early, with kStopped, when the observer asks for it; `state` is then where a later run can go on
  // with the same bits. Throws Error(kDiverged) at the first loss that isn't finite, and whatever the sources throw.
  TrainingEnd run(TrainingState& state, const Feed& train, const std::optional<Feed>& test) {
    while (state.epoch < options_.epochs) {
      if (!train_epoch(state, train, test.has_value())) return TrainingEnd::kStopped;
      EpochReport report{.epoch = state.epoch, .train = state.metrics, .test = {}, .seconds = state.seconds};
      if (test) {
        const Stopwatch watch;
        report.test = evaluate(eval_step_, *test, observer_);
        if (!report.test) return TrainingEnd::kStopped;
        report.seconds.eval = watch.elapsed_s();
      }
      state.begin_epoch(state.epoch + 1);
      observer_.epoch_finished(report, state);
      // After the last epoch nothing is left to stop: a run that is complete must not look like one to go on with.
      if (state.epoch < options_.epochs && observer_.stop_requested()) return TrainingEnd::kStopped;
    }
    return TrainingEnd::kFinished;
  }

 private:
  // False when stopped early. Without an evaluation behind it, the epoch's last batch is its end, where run() asks.
  bool train_epoch(TrainingState& state, const Feed& train, bool is_evaluated) {
    Source& source = train.source;
    if (state.batch == source.batches_per_epoch()) return true;  // resumed between the last batch and the evaluation
    source.start_epoch(state.epoch, state.batch);
    Stopwatch watch;
    while (const std::optional<Batch> batch = source.next()) {
      const double data_ms = watch.restart_ms();
      const std::int64_t step = state.step + 1;
      const double lr = options_.learning_rate(step);
      const BatchMetrics metrics = train_step_.run(train.slots.slot(batch->slot), batch->images, lr, step);
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
      const bool ends_epoch = state.batch == source.batches_per_epoch() && !is_evaluated;
      if (!ends_epoch && observer_.stop_requested()) return false;
      state.seconds.wall += watch.restart_ms() * 1e-3;
    }
    return true;
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

  TrainStep<C>& train_step_;
  EvalStep<C>& eval_step_;
  ParameterStore<C>& parameters_;
  TrainerOptions options_;
  TrainingObserver& observer_;
};

}  // namespace kindling
