#pragma once

#include <optional>

#include "apps/train/run_identity.h"
#include "engine/io/checkpoint.h"
#include "engine/io/output_folder.h"

namespace kindling {

// Throws Error(kWeights) when `resume` is a path where nothing is.
void require_resumable(const std::string& resume);

// The checkpoint that --resume asks for, its identity checked; empty for --resume auto where there is none yet. For a
// checkpoint of another folder, that run's logs are copied into `folder`, so that they are whole; `folder` must hold no
// other run then. Prints which checkpoint it is and which newer ones were unusable, and why. Throws Error(kWeights),
// Error(kUsage).
std::optional<Checkpoint> open_resumed(const std::string& resume, const OutputFolder& folder,
                                       const RunIdentity& identity, FileSystemCalls& calls);

}  // namespace kindling
