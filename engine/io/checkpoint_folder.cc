#include "engine/io/checkpoint_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/io/durable_file.h"

namespace kindling {
namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".safetensors";

std::filesystem::path checkpoints_folder(const std::filesystem::path& output_folder) {
  return output_folder / "checkpoints";
}

// None if the folder isn't there.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    throw Error(ErrorCode::kWeights, fmt::format("can't list {}: {}", folder.string(), error.message()));
  }
  return entries;
}

// The step in a name like step-00000391.safetensors.
std::optional<std::int64_t> step_in(const std::string& name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) || name.size() <= kPrefix.size() + kSuffix.size())
    return {};
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size() - kSuffix.size();
  std::int64_t step = 0;
  const auto [stop, error] = std::from_chars(begin, end, step);
  if (error != std::errc() || stop != end || step < 0) return {};
  return step;
}

// Makes the file of a step appear as checkpoint.safetensors in one move.
void publish(const std::filesystem::path& step_file, const std::filesystem::path& output_folder,
             FileSystemCalls& calls) {
  const std::filesystem::path newest = newest_checkpoint_path(output_folder);
  const std::filesystem::path temporary = temporary_name(newest);
  remove_file(temporary, calls);
  if (calls.link(step_file.string(), temporary.string()) < 0) {
    copy_file_durably(step_file, newest, calls);  // no hard links here
    return;
  }
  if (calls.rename(temporary.string(), newest.string()) < 0) {
    const int reason = errno;
    calls.unlink(temporary.string());
    throw output_error(newest, "rename", reason);
  }
  remove_file(temporary, calls);  // rename leaves it when both names already are the same file
  sync_folder(output_folder, calls);
}

void make_checkpoints_folder(const std::filesystem::path& output_folder, FileSystemCalls& calls) {
  const std::filesystem::path folder = checkpoints_folder(output_folder);
  if (calls.mkdir(folder.string(), 0777) == 0) {
    sync_folder(output_folder, calls);
  } else if (errno != EEXIST) {
    throw output_error(folder, "mkdir", errno);
  }
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return std::filesystem::equivalent(a, b, ignored);
}

// Whether a file is a valid checkpoint of a later step.
bool is_later(const std::filesystem::path& path, std::int64_t step) {
  try {
    return Checkpoint::read(path).step() > step;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& output_folder, std::int64_t step) {
  return checkpoints_folder(output_folder) / fmt::format("{}{:08}{}", kPrefix, step, kSuffix);
}

std::filesystem::path newest_checkpoint_path(const std::filesystem::path& output_folder) {
  return output_folder / "checkpoint.safetensors";
}

std::vector<CheckpointFile> list_checkpoints(const std::filesystem::path& output_folder) {
  std::vector<CheckpointFile> files;
  for (const std::filesystem::path& path : entries_of(checkpoints_folder(output_folder))) {
    if (const auto step = step_in(path.filename().string())) files.push_back({*step, path});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return std::tie(b.step, b.path) < std::tie(a.step, a.path); });
  return files;
}

void save_checkpoint(const std::filesystem::path& output_folder, const CheckpointContents& contents, std::int64_t keep,
                     FileSystemCalls& calls) {
  require(keep >= 1, "checkpoints to keep: at least 1");
  make_checkpoints_folder(output_folder, calls);
  const std::filesystem::path path = checkpoint_path(output_folder, contents.step);
  write_checkpoint(path, contents, calls);
  publish(path, output_folder, calls);
  std::int64_t kept = 0;
  for (const CheckpointFile& file : list_checkpoints(output_folder)) {
    const bool keeps = file.step <= contents.step && kept < keep;
    kept += keeps ? 1 : 0;
    if (!keeps) remove_file(file.path, calls);
  }
}

FoundCheckpoint find_checkpoint(const std::filesystem::path& output_folder) {
  FoundCheckpoint result;
  const auto try_file = [&](const std::filesystem::path& path, std::optional<std::int64_t> step_in_name) {
    try {
      Checkpoint candidate = Checkpoint::read(path);
      if (step_in_name && candidate.step() != *step_in_name) {
        throw Error(ErrorCode::kWeights, fmt::format("{}: wanted the checkpoint of step {}, found that of step {}",
                                                     path.string(), *step_in_name, candidate.step()));
      }
      if (!result.checkpoint || candidate.step() > result.checkpoint->step()) result.checkpoint = std::move(candidate);
    } catch (const Error& error) {
      result.skipped.emplace_back(error.what());
    }
  };
  const std::filesystem::path newest = newest_checkpoint_path(output_folder);
  bool newest_was_tried = false;
  for (const CheckpointFile& file : list_checkpoints(output_folder)) {
    newest_was_tried = newest_was_tried || is_same_file(file.path, newest);
    try_file(file.path, file.step);
    if (result.checkpoint) break;
  }
  // Only its contents tell the step of checkpoint.safetensors, and it may be all that is left.
  std::error_code ignored;
  if (!newest_was_tried && std::filesystem::exists(newest, ignored)) try_file(newest, {});
  if (!result.checkpoint && !result.skipped.empty()) {
    throw Error(ErrorCode::kWeights, fmt::format("{}: none of its {} checkpoints is valid: {}", output_folder.string(),
                                                 result.skipped.size(), fmt::join(result.skipped, "; ")));
  }
  return result;
}

void discard_checkpoints_after(const std::filesystem::path& output_folder, std::int64_t step, FileSystemCalls& calls) {
  const std::vector<CheckpointFile> files = list_checkpoints(output_folder);
  const auto target = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.step == step; });
  if (target != files.end()) {
    publish(target->path, output_folder, calls);
  } else if (is_later(newest_checkpoint_path(output_folder), step)) {
    remove_file(newest_checkpoint_path(output_folder), calls);
  }
  for (const CheckpointFile& file : files) {
    if (file.step > step) remove_file(file.path, calls);
  }
  // What is gone must not come back with a power cut: the logs will have no rows for it.
  sync_folder(output_folder, calls);
  if (!files.empty()) sync_folder(checkpoints_folder(output_folder), calls);
}

void remove_unfinished_checkpoints(const std::filesystem::path& output_folder, FileSystemCalls& calls) {
  for (const std::filesystem::path& path : entries_of(checkpoints_folder(output_folder))) {
    if (path.extension() == ".tmp" && step_in(path.stem().string())) remove_file(path, calls);
  }
}

}  // namespace kindling
