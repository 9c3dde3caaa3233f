#pragma once

#include <filesystem>

#include "engine/io/file_system_calls.h"

namespace kindling {

// What a run writes into its output folder, besides checkpoints/ (see checkpoint_folder.h).
inline constexpr const char* kBatchesCsv = "batches.csv";
inline constexpr const char* kEpochsCsv = "epochs.csv";
inline constexpr const char* kPhasesCsv = "phases.csv";
inline constexpr const char* kNormsCsv = "norms.csv";
inline constexpr const char* kLogFiles[] = {kBatchesCsv, kEpochsCsv, kPhasesCsv, kNormsCsv};
inline constexpr const char* kRunJson = "run.json";
inline constexpr const char* kWeightsFile = "weights.safetensors";

enum class OutputUse {
  kNew,        // the folder must hold nothing that a run writes
  kOverwrite,  // what an earlier run wrote is removed, and nothing else
  kResume,     // the folder stays as it is, but for temporary files of a run that was killed
};

// Whether a run has written into the folder. Throws Error(kOutput) or, for checkpoints/, Error(kWeights) if that can't
// be found out.
bool is_in_use(const std::filesystem::path& folder);

// The output folder of one run, for as long as this object lives: made if it wasn't there, and locked against a second
// run by flock on the file .lock in it. (Where the file system has no locks, only is_locked() tells.)
//
// Throws Error(kUsage) if the folder is in use and `use` is kNew, or if another run holds it; Error(kOutput), naming
// path and reason, if it can't be made or written to.
class OutputFolder {
 public:
  OutputFolder(std::filesystem::path folder, OutputUse use, FileSystemCalls& calls);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path batches_csv() const { return path_ / kBatchesCsv; }
  std::filesystem::path epochs_csv() const { return path_ / kEpochsCsv; }
  std::filesystem::path phases_csv() const { return path_ / kPhasesCsv; }
  std::filesystem::path norms_csv() const { return path_ / kNormsCsv; }
  std::filesystem::path run_json() const { return path_ / kRunJson; }
  std::filesystem::path weights() const { return path_ / kWeightsFile; }
  // Whether the path is that of a file which a run writes here, there already or not.
  bool is_file_of_run(const std::filesystem::path& path) const;
  bool is_locked() const { return is_locked_; }

 private:
  std::filesystem::path path_;
  FileDescriptor lock_;
  bool is_locked_ = false;
};

}  // namespace kindling
