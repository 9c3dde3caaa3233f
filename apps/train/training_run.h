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
#include "apps/train/run_trace.h"
#include "engine/io/checkpoint_folder.h"
#include "engine/io/run_record.h"
#include "engine/norm_probe.h"
#include "engine/repeated_batch.h"
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
        trace_(options.trace, !HostContext<C>),
        account_(now_ns, trace_.trainer()),
        datasets_(open_train_and_test(options.dataset, options.validation_images, options.evaluate)),
        train_(context, options.batch_size, std::move(datasets_.train), traced_loader_options()),
        schedule_({.kind = options.schedule,
                   .lr = hyperparameters_.lr,
                   .epochs = options.epochs,
                   .steps_per_epoch = train_.loader.batches_per_epoch(),
                   .warmup_epochs = options.warmup_epochs}),
        identity_{identity_options(options, hyperparameters_, train_.dataset->fingerprint()), backend_.bits, {}},
        network_(context, options.network, options.batch_size),
        optimizer_(context, hyperparameters_, network_.parameters().layout().parameter_arena_size()),
        train_step_(context, network_, optimizer_, options.label_smoothing, &account_),
        eval_step_(context, network_),
        snapshot_(context, network_, optimizer_) {
    if (!options.evaluate) return;
    test_.emplace(context, options.batch_size, std::move(datasets_.test), loader_options(options, Split::kTest));
  }

  // Returns the exit status.
  int train() {
    begin_from_weights();
    require_resumable(options_.resume);  // before the output folder is made
    const OutputFolder folder(options_.output_dir, output_use(), calls_);
    if (!folder.is_locked()) print_not_locked(folder.path().string());
    trace_.require_writable(folder, !options_.resume.empty(), calls_);
    TrainingState state;
    const std::optional<ResumePoint> point = resume_point(folder);
    prepare(point);
    if (point) state = Snapshot<C>::restore(context_, point->checkpoint, network_, optimizer_);
    RunObserver observer = open_outputs(folder, state, point);
    if (point && point->is_elsewhere) {  // from here on the folder stands by itself
      observer.checkpoint(state);
      observer.finish_saving();
    }
    print_run(options_, hyperparameters_, identity_, run_sizes());

    int status = 0;
    try {
      const Stopwatch watch;
      account_.restart();
      train_.loader.restart_times();
      trace_.begin();
      const TrainingEnd end = train_on_data(observer, state);
      observer.display().clear();
      observer.checkpoint(state);
      observer.finish_saving();
      keep_times(observer, watch, folder);
      trace_.write(calls_);
      status = finish(end, observer, state, folder);
    } catch (...) {
      observer.display().clear();
      observer.flush_logs();
      keep_trace(observer);
      throw;
    }
    if (trace_.loss()) throw Error(*trace_.loss());
    return status;
  }

 private:
  LoaderOptions traced_loader_options() {
    LoaderOptions options = loader_options(options_, Split::kTrain);
    options.trace = trace_.log();
    return options;
  }

  template <BatchSource Source>
  TrainingEnd train_on(Source& source, RunObserver& observer, TrainingState& state) {
    Trainer<C, Source> trainer(train_step_, eval_step_, network_.parameters(),
                               {.epochs = options_.epochs,
                                .learning_rate = [this](std::int64_t step) { return schedule_.learning_rate(step); },
                                .sync_timing = options_.sync_timing,
                                .account = &account_,
                                .device_trace = trace_.device()},
                               observer);
    const auto test = test_ ? std::optional(test_->feed()) : std::nullopt;
    return trainer.run(state, BatchFeed<C, Source>{source, train_.slots}, test);
  }

  TrainingEnd train_on_data(RunObserver& observer, TrainingState& state) {
    if (!options_.fixed_batch) return train_on(train_.loader, observer, state);
    RepeatedBatch<Loader> source(train_.loader);
    return train_on(source, observer, state);
  }

  // Of a run that ends early, for another reason than its trace.
  void keep_trace(RunObserver& observer) {
    if (trace_.log() == nullptr) return;
    train_.loader.end_epoch();  // first nobody must write to it any more
    try {
      observer.finish_saving();
    } catch (const Error&) {  // the first error is the one to tell
    }
    trace_.write(calls_);
    if (trace_.loss()) print_lost_trace(trace_.loss()->what());
  }

  // Where the time went: on the screen and in run.json.
  void keep_times(RunObserver& observer, const Stopwatch& watch, const OutputFolder& folder) {
    train_.loader.end_epoch();
    RunTimes times = observer.times();
    account_.take();
    times.phases = account_.total();
    times.wall_s = watch.elapsed_s();
    times.workers = options_.workers;
    times.is_loading = !options_.fixed_batch;
    print_times(times);
    record_["time"] = to_json(times);
    write_run_record(folder.run_json(), record_, calls_);
  }

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
      return make_observer(folder, RunLogs::create(folder, options_, calls_));
    }
    RunLogs::check(run_folder, folder, options_, state, per_epoch);
    write_record(folder, run_times(run_folder / kRunJson, point.has_value()));
    if (point) take_over_files(*point, folder, calls_);
    return make_observer(folder, RunLogs::resume(folder, options_, state, per_epoch, calls_));
  }

  RunObserver make_observer(const OutputFolder& folder, RunLogs logs) {
    RunHooks hooks;
    hooks.take_snapshot = [this](const TrainingState& at) { snapshot_.take(at, identity_.to_text()); };
    hooks.save_snapshot = [this, path = folder.path(), weights = folder.weights()] {
      const CheckpointContents contents = snapshot_.contents();
      save_checkpoint(path, contents, options_.keep, calls_);
      save_weights(weights, contents.sections.front().tensors, calls_);
    };
    hooks.take_loader_times = [this] { return train_.loader.take_times(); };
    hooks.measure_norms = [this](std::int64_t images) { return measure_norms(context_, network_, images); };
    const RunObserverOptions options{.epochs = options_.epochs,
                                     .checkpoint_every = options_.checkpoint_every,
                                     .max_minutes = options_.max_minutes,
                                     .log_norms = options_.log_norms,
                                     .on_device = !HostContext<C>,
                                     .account = &account_,
                                     .writer_lane = trace_.writer()};
    return RunObserver(options, std::move(logs), signals_, std::move(hooks));
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
    record_ = std::move(record);
    write_run_record(folder.run_json(), record_, calls_);
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

  C& context_;
  TrainOptions options_;
  Backend backend_;
  Hyperparameters hyperparameters_;
  StopSignals& signals_;
  FileSystemCalls calls_;
  RunTrace trace_;  // before all that writes to it
  PhaseAccount account_;
  TrainAndTest datasets_;  // until train_ and test_ have them
  DataFeed<C> train_;
  std::optional<DataFeed<C>> test_;
  Schedule schedule_;
  RunIdentity identity_;
  nlohmann::ordered_json record_;  // run.json
  Network<C> network_;
  Optimizer<C> optimizer_;
  TrainStep<C> train_step_;
  EvalStep<C> eval_step_;
  Snapshot<C> snapshot_;
};

}  // namespace kindling
