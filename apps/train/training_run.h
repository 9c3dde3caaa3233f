#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "apps/screen.h"
#include "apps/train/data_feed.h"
#include "apps/train/options.h"
#include "apps/train/report.h"
#include "apps/train/resume.h"
#include "apps/train/run_observer.h"
#include "engine/io/checkpoint_folder.h"
#include "engine/io/run_record.h"
#include "engine/snapshot.h"
#include "engine/trainer.h"
#include "engine/warm_up.h"
#include "engine/weights_file.h"

namespace kindling {

// A run of kindling-train on one context: puts the parts together, trains, and leaves the results in the output folder.
// The context and what `backend` refers to outlive the run.
template <class C>
class TrainingRun {
 public:
  TrainingRun(C& context, const TrainOptions& options, Backend backend, StopSignals& signals)
      : context_(context),
        options_(options),
        backend_(std::move(backend)),
        hyperparameters_(resolve_hyperparameters(options.optimizer, options.recipe, options.flags)),
        signals_(signals),
        train_(context, options, Split::kTrain),
        schedule_({.kind = options.schedule,
                   .lr = hyperparameters_.lr,
                   .epochs = options.epochs,
                   .steps_per_epoch = train_.loader.batches_per_epoch(),
                   .warmup_epochs = options.warmup_epochs}),
        identity_{identity_options(options, hyperparameters_, train_.dataset->fingerprint()), backend_.bits, {}},
        network_(context, options.network, options.batch_size),
        optimizer_(context, hyperparameters_, network_.parameters().layout().parameter_arena_size()),
        train_step_(context, network_, optimizer_, options.label_smoothing),
        eval_step_(context, network_) {
    if (options.evaluate) test_.emplace(context, options, Split::kTest);
  }

  // Returns the exit status.
  int train() {
    begin_from_weights();
    require_resumable(options_.resume);  // before the output folder is made
    const OutputFolder folder(options_.output_dir, output_use(), calls_);
    if (!folder.is_locked()) print_not_locked(folder.path().string());
    TrainingState state;
    const std::optional<ResumePoint> point = resume_point(folder);
    prepare(point);
    if (point) state = Snapshot::restore(context_, point->checkpoint, network_, optimizer_);
    RunObserver observer = open_outputs(folder, state, point);
    print_run(options_, hyperparameters_, identity_, run_sizes());

    Trainer<C, Loader> trainer(train_step_, eval_step_, network_.parameters(),
                               {.epochs = options_.epochs,
                                .learning_rate = [this](std::int64_t step) { return schedule_.learning_rate(step); },
                                .sync_timing = options_.sync_timing},
                               observer);
    try {
      const TrainingEnd end = trainer.run(state, train_.feed(), test_ ? std::optional(test_->feed()) : std::nullopt);
      observer.display().clear();
      observer.checkpoint(state);
      return finish(end, observer, state, folder);
    } catch (...) {
      observer.display().clear();
      observer.flush_logs();
      throw;
    }
  }

 private:
  OutputUse output_use() const {
    if (!options_.resume.empty()) return OutputUse::kResume;
    return options_.overwrite ? OutputUse::kOverwrite : OutputUse::kNew;
  }

  void begin_from_weights() {
    network_.parameters().initialize(context_, options_.seed);
    if (!options_.init_weights.empty()) load_weights(context_, network_.parameters(), options_.init_weights);
  }

  std::optional<ResumePoint> resume_point(const OutputFolder& folder) const {
    if (options_.resume.empty()) return std::nullopt;
    return find_resume_point(options_.resume, folder, identity_);
  }

  // On a device: all that is made at first use is made before the first batch, with the plans of the run that goes on.
  // Network and optimizer are then as before.
  void prepare(const std::optional<ResumePoint>& point) {
    if constexpr (!HostContext<C>) {
      const TraceRange range("warm-up");
      if (point && backend_.give_plans) backend_.give_plans(plans_of(point->checkpoint));
      for (const std::int64_t images : train_.batch_sizes()) warm_up(train_step_, train_.slots.slot(0), images);
      if (test_) {
        for (const std::int64_t images : test_->batch_sizes()) warm_up(eval_step_, test_->slots.slot(0), images);
      }
      if (backend_.keep_plans) identity_.plans = backend_.keep_plans();
      optimizer_.reset(context_);
      begin_from_weights();
    }
  }

  // Writes run.json and opens the logs. Of a run that goes on nothing is changed until all is known to be good.
  RunObserver open_outputs(const OutputFolder& folder, const TrainingState& state,
                           const std::optional<ResumePoint>& point) {
    const std::filesystem::path run_folder = point ? point->run_folder : folder.path();
    const std::int64_t per_epoch = train_.loader.batches_per_epoch();
    if (options_.resume.empty()) {
      write_record(folder, run_times(folder.run_json(), /*resumed=*/false));
      return make_observer(folder, BatchLog::create(folder.batches_csv(), calls_),
                           EpochLog::create(folder.epochs_csv(), calls_));
    }
    check_logs(run_folder, folder, state, per_epoch);
    write_record(folder, run_times(run_folder / kRunJson, point.has_value()));
    if (point) take_over_files(*point, folder, calls_);
    RunObserver observer = make_observer(folder, BatchLog::resume(folder.batches_csv(), state.step, per_epoch, calls_),
                                         EpochLog::resume(folder.epochs_csv(), state.epoch, calls_));
    if (point && point->is_elsewhere) observer.checkpoint(state);  // from here on the folder stands by itself
    return observer;
  }

  RunObserver make_observer(const OutputFolder& folder, BatchLog batches, EpochLog epochs) {
    const auto save = [this, path = folder.path(), weights = folder.weights()](const TrainingState& at) {
      const TraceRange range("checkpoint");
      const Snapshot snapshot = Snapshot::take(context_, network_, optimizer_, at, identity_.to_text());
      save_checkpoint(path, snapshot.contents(), kCheckpointsKept, calls_);
      save_weights(context_, network_.parameters(), weights, calls_);
    };
    const RunObserverOptions options{
        .epochs = options_.epochs, .checkpoint_every = options_.checkpoint_every, .max_minutes = options_.max_minutes};
    return RunObserver(options, std::move(batches), std::move(epochs), signals_, save);
  }

  RunSizes run_sizes() const {
    return {.train_images = train_.dataset->size(),
            .test_images = test_ ? test_->dataset->size() : 0,
            .batches_per_epoch = train_.loader.batches_per_epoch(),
            .parameters = network_.parameters().layout().parameter_count()};
  }

  void write_record(const OutputFolder& folder, nlohmann::ordered_json record) {
    record.update(run_record(options_, identity_, run_sizes()));
    if (test_) record["options"]["test_fingerprint"] = test_->dataset->fingerprint();
    write_run_record(folder.run_json(), record, calls_);
  }

  // After training: says how it ended; the exit status.
  int finish(TrainingEnd end, RunObserver& observer, const TrainingState& state, const OutputFolder& folder) {
    const std::string folder_name = folder.path().string();
    if (end == TrainingEnd::kStopped && observer.stop_reason() == StopReason::kSignal) {
      throw_interrupted(observer.signal(), fmt::format("after step {}; go on with --output-dir {} --resume auto",
                                                       state.step, folder_name));
    }
    if (end == TrainingEnd::kStopped) print_out_of_time(state, folder_name);
    if (end == TrainingEnd::kFinished) say("done: {}\n", folder_name);
    if (!options_.target_top1) return 0;
    return target_status(options_.target_top1, final_top1(observer.last_epoch()));
  }

  // Of the last evaluation, or of one now where this process made none (it stopped early, or resumed a finished run).
  // Out of time is no reason to skip it, only a signal is.
  double final_top1(const std::optional<EpochReport>& last_epoch) {
    if (last_epoch) return last_epoch->test->top1();
    ScreenOnlyObserver observer(signals_);
    const std::optional<RunningMetrics> metrics = evaluate(eval_step_, test_->feed(), observer);
    if (!metrics) throw_interrupted(signals_.arrived(), "before the evaluation for --target-top1 was done");
    return metrics->top1();
  }

  // A checkpoint is about twice the weights; one older than the newest guards against a newest that goes bad.
  static constexpr std::int64_t kCheckpointsKept = 2;

  C& context_;
  TrainOptions options_;
  Backend backend_;
  Hyperparameters hyperparameters_;
  StopSignals& signals_;
  FileSystemCalls calls_;
  DataFeed<C> train_;
  std::optional<DataFeed<C>> test_;
  Schedule schedule_;
  RunIdentity identity_;
  Network<C> network_;
  Optimizer<C> optimizer_;
  TrainStep<C> train_step_;
  EvalStep<C> eval_step_;
};

}  // namespace kindling
