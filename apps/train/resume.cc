#include "apps/train/resume.h"

#include <fmt/format.h>

#include <utility>

#include "apps/screen.h"
#include "engine/io/checkpoint_folder.h"
#include "engine/io/csv_log.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

std::optional<Checkpoint> newest_of(const std::filesystem::path& folder) {
  FoundCheckpoint found = find_checkpoint(folder);
  for (const std::string& line : found.skipped) say("resume: skipped {}\n", line);
  return std::move(found.checkpoint);
}

// The folder of the run that wrote the checkpoint: OUTPUT/checkpoint.safetensors or OUTPUT/checkpoints/step-N.
std::filesystem::path run_folder_of(const std::filesystem::path& checkpoint) {
  const std::filesystem::path parent = std::filesystem::absolute(checkpoint).parent_path();
  return parent.filename() == "checkpoints" ? parent.parent_path() : parent;
}

}  // namespace

void require_resumable(const std::string& resume) {
  if (resume.empty() || resume == "auto") return;
  std::error_code error;
  if (std::filesystem::exists(resume, error)) return;
  throw Error(ErrorCode::kWeights,
              fmt::format("--resume {}: {}", resume, error ? error.message() : "no such file or folder"));
}

std::optional<ResumePoint> find_resume_point(const std::string& resume, const OutputFolder& folder,
                                             const RunIdentity& identity) {
  std::optional<Checkpoint> checkpoint;
  std::filesystem::path run_folder = folder.path();
  std::error_code ignored;
  if (resume == "auto") {
    checkpoint = newest_of(folder.path());
    if (!checkpoint) say("resume: no checkpoint in {} yet, starting anew\n", folder.path().string());
  } else if (std::filesystem::is_directory(resume, ignored)) {
    run_folder = resume;
    checkpoint = newest_of(resume);
    if (!checkpoint) throw Error(ErrorCode::kWeights, fmt::format("--resume: no checkpoint in {}", resume));
  } else {
    run_folder = run_folder_of(resume);
    checkpoint = Checkpoint::read(resume);
  }
  if (!checkpoint) return std::nullopt;

  require_same_identity(*checkpoint, identity);
  const bool is_elsewhere = !std::filesystem::equivalent(run_folder, folder.path(), ignored);
  // The same run may be there already: an earlier try of the same command, or the run that a copy was made of.
  if (is_elsewhere && is_in_use(folder.path()) && !is_record_of(folder.run_json(), identity)) {
    throw Error(ErrorCode::kUsage, fmt::format("--resume {}: output folder {} holds another run; give an empty "
                                               "--output-dir",
                                               resume, folder.path().string()));
  }
  say("resume: going on after step {} of {}\n", checkpoint->step(), checkpoint->origin());
  return ResumePoint{std::move(*checkpoint), std::move(run_folder), is_elsewhere};
}

void take_over_files(const ResumePoint& point, const OutputFolder& folder, FileSystemCalls& calls) {
  if (point.is_elsewhere) adopt_logs(point.run_folder, folder.path(), calls);
  discard_checkpoints_after(folder.path(), point.checkpoint.step(), calls);
}

}  // namespace kindling
