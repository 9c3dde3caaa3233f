#pragma once

#include <cstdint>
#include <optional>

#include "apps/train/options.h"
#include "engine/io/csv_log.h"
#include "engine/io/output_folder.h"
#include "engine/training_state.h"

namespace kindling {

// The logs of a run, which grow together: all rows up to a checkpoint are on the disk before it is.
struct RunLogs {
  BatchLog batches;
  EpochLog epochs;
  PhaseLog phases;
  std::optional<NormLog> norms;  // --log-norms

  static RunLogs create(const OutputFolder& folder, const TrainOptions& options, FileSystemCalls& calls);
  static RunLogs resume(const OutputFolder& folder, const TrainOptions& options, const TrainingState& state,
                        std::int64_t batches_per_epoch, FileSystemCalls& calls);
  // Whether `resume` could go on with the logs in `folder`, or those that it would take from `run_folder`. Throws
  // Error(kWeights); changes nothing.
  static void check(const std::filesystem::path& run_folder, const OutputFolder& folder, const TrainOptions& options,
                    const TrainingState& state, std::int64_t batches_per_epoch);

  void flush();
  // See AppendFile: another thread may call it.
  void sync_flushed() const;
};

}  // namespace kindling
