#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/train/run_identity.h"
#include "engine/io/output_folder.h"
#include "engine/training_state.h"

namespace kindling {

// Where a run goes on.
struct ResumePoint {
  Checkpoint checkpoint;
  std::filesystem::path run_folder;  // of the run that wrote it
  bool is_elsewhere;                 // that isn't the output folder
};

// Throws Error(kWeights) when `resume` is a path where nothing is.
void require_resumable(const std::string& resume);

// The checkpoint that --resume asks for, its identity checked; empty for --resume auto where there is none yet. Changes
// nothing. Prints which checkpoint it is and which newer ones were unusable, and why. Throws Error(kWeights), and
// Error(kUsage) where options differ or `folder` holds another run than the checkpoint's.
std::optional<ResumePoint> find_resume_point(const std::string& resume, const OutputFolder& folder,
                                             const RunIdentity& identity);

// Brings the checked logs of the point's run into `folder`, if they aren't there, and removes checkpoints of later
// steps. Only after this may a log be cut: until then a checkpoint needs its later rows. Throws Error(kOutput).
void take_over_files(const ResumePoint& point, const OutputFolder& folder, FileSystemCalls& calls);

}  // namespace kindling
