#include "apps/train/run_logs.h"

#include <system_error>

#include "engine/norm_probe.h"

namespace kindling {
namespace {

NormLog::Rows norm_rows(const TrainOptions& options, const TrainingState& state, std::int64_t batches_per_epoch) {
  return {.steps_done = state.step,
          .every = *options.log_norms,
          .stages = kNormStages,
          .batches_per_epoch = batches_per_epoch};
}

}  // namespace

RunLogs RunLogs::create(const OutputFolder& folder, const TrainOptions& options, FileSystemCalls& calls) {
  RunLogs logs{BatchLog::create(folder.batches_csv(), calls), EpochLog::create(folder.epochs_csv(), calls),
               PhaseLog::create(folder.phases_csv(), calls), std::nullopt};
  if (options.log_norms) logs.norms.emplace(NormLog::create(folder.norms_csv(), calls));
  return logs;
}

RunLogs RunLogs::resume(const OutputFolder& folder, const TrainOptions& options, const TrainingState& state,
                        std::int64_t batches_per_epoch, FileSystemCalls& calls) {
  RunLogs logs{BatchLog::resume(folder.batches_csv(), state.step, batches_per_epoch, calls),
               EpochLog::resume(folder.epochs_csv(), state.epoch, calls),
               PhaseLog::resume(folder.phases_csv(), state.epoch, calls), std::nullopt};
  if (options.log_norms) {
    logs.norms.emplace(NormLog::resume(folder.norms_csv(), norm_rows(options, state, batches_per_epoch), calls));
  }
  return logs;
}

void RunLogs::check(const std::filesystem::path& run_folder, const OutputFolder& folder, const TrainOptions& options,
                    const TrainingState& state, std::int64_t batches_per_epoch) {
  const auto log = [&](const std::filesystem::path& own) {
    std::error_code ignored;
    return std::filesystem::exists(own, ignored) ? own : run_folder / own.filename();
  };
  BatchLog::check(log(folder.batches_csv()), state.step, batches_per_epoch);
  EpochLog::check(log(folder.epochs_csv()), state.epoch);
  PhaseLog::check(log(folder.phases_csv()), state.epoch);
  if (options.log_norms) {
    NormLog::check(log(folder.norms_csv()), norm_rows(options, state, batches_per_epoch));
  }
}

void RunLogs::flush() {
  batches.flush();
  epochs.flush();
  phases.flush();
  if (norms) norms->flush();
}

void RunLogs::sync_flushed() const {
  batches.sync_flushed();
  epochs.sync_flushed();
  phases.sync_flushed();
  if (norms) norms->sync_flushed();
}

}  // namespace kindling
