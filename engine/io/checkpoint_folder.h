#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/checkpoint.h"
#include "engine/io/file_system_calls.h"

namespace kindling {

// Where a run keeps its checkpoints:
//   OUTPUT/checkpoints/step-00000391.safetensors   after step 391; 8 digits or more, so that ls shows them in order
//   OUTPUT/checkpoint.safetensors                  the newest: another name of that file, or a copy where the file
//                                                  system has no hard links
std::filesystem::path checkpoint_path(const std::filesystem::path& output_folder, std::int64_t step);
std::filesystem::path newest_checkpoint_path(const std::filesystem::path& output_folder);

struct CheckpointFile {
  std::int64_t step = 0;
  std::filesystem::path path;
};

// The files of checkpoints/ that are named like checkpoints, highest step first. Throws Error(kWeights) if that folder
// is there and can't be read.
std::vector<CheckpointFile> list_checkpoints(const std::filesystem::path& output_folder);

// Writes the checkpoint of contents.step durably, publishes it as checkpoint.safetensors in one move, then removes all
// but the `keep` newest (keep >= 1), and those of later steps: they belong to a run that was taken back. Until the new
// one is whole on the disk, nothing old is touched. Throws Error(kOutput).
void save_checkpoint(const std::filesystem::path& output_folder, const CheckpointContents& contents, std::int64_t keep,
                     FileSystemCalls& calls);

struct FoundCheckpoint {
  std::optional<Checkpoint> checkpoint;  // none: the folder holds no checkpoint at all
  std::vector<std::string> skipped;      // one line for each newer file that can't be used: which, and why
};

// For --resume auto: the valid checkpoint of the highest step. Throws Error(kWeights) if there are checkpoints and none
// is valid, as starting anew would overwrite what somebody may still want to rescue.
FoundCheckpoint find_checkpoint(const std::filesystem::path& output_folder);

// Takes a folder back to `step`, before a run goes on from there: makes checkpoint.safetensors
// the one of `step`, if that is in the folder, and removes valid ones of later steps, and files named after such.
// Throws Error(kOutput).
void discard_checkpoints_after(const std::filesystem::path& output_folder, std::int64_t step, FileSystemCalls& calls);

// Removes what was left in checkpoints/ by a run that was killed while it wrote there. Throws Error(kOutput).
void remove_unfinished_checkpoints(const std::filesystem::path& output_folder, FileSystemCalls& calls);

}  // namespace kindling
