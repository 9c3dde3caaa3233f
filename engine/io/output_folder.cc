#include "engine/io/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/io/checkpoint_folder.h"
#include "engine/io/durable_file.h"

namespace kindling {
namespace {

constexpr const char* kLockFile = ".lock";

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return false;
  if (error) throw output_error(path, "stat", error.value());
  return true;
}

// All files of a run that may be in the folder, without temporary ones.
std::vector<std::filesystem::path> files_of_run(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const char* name : kLogFiles) files.push_back(folder / name);
  for (const char* name : {kRunJson, kWeightsFile}) files.push_back(folder / name);
  files.push_back(newest_checkpoint_path(folder));
  for (const CheckpointFile& file : list_checkpoints(folder)) files.push_back(file.path);
  return files;
}

void remove_temporary_files(const std::filesystem::path& folder, FileSystemCalls& calls) {
  for (const char* name : kLogFiles) remove_file(temporary_name(folder / name), calls);
  for (const char* name : {kRunJson, kWeightsFile}) remove_file(temporary_name(folder / name), calls);
  remove_file(temporary_name(newest_checkpoint_path(folder)), calls);
  remove_unfinished_checkpoints(folder, calls);
}

void remove_run(const std::filesystem::path& folder, FileSystemCalls& calls) {
  const std::vector<CheckpointFile> checkpoints = list_checkpoints(folder);
  for (const std::filesystem::path& file : files_of_run(folder)) remove_file(file, calls);
  sync_folder(folder, calls);
  // A checkpoint that comes back with a power cut would be taken for one of the new run.
  if (!checkpoints.empty()) sync_folder(folder_of(checkpoints.front().path), calls);
}

// The entries of new folders go to the disk, as far as the folders above can be opened: what a run saves in a folder
// that is gone after a power cut is gone too.
void sync_parents(const std::vector<std::filesystem::path>& folders, FileSystemCalls& calls) {
  for (const std::filesystem::path& folder : folders) {
    const int fd = calls.open(folder_of(folder).string(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) continue;
    const FileDescriptor parent(fd, calls);
    calls.fsync(parent.get());
  }
}

std::filesystem::path made_folder(const std::filesystem::path& folder, FileSystemCalls& calls) {
  std::vector<std::filesystem::path> missing;
  for (std::filesystem::path path = folder; !path.empty() && !is_there(path); path = path.parent_path()) {
    missing.push_back(path);
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw output_error(folder, "mkdir", error.value());
  if (!std::filesystem::is_directory(folder, error)) throw output_error(folder, "mkdir", ENOTDIR);
  sync_parents(missing, calls);
  return folder;
}

void refuse_if_in_use(const std::filesystem::path& folder) {
  if (!is_in_use(folder)) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("output folder {} holds the results of another run: give --resume auto to go "
                          "on with it, --overwrite to replace it, or another --output-dir",
                          folder.string()));
}

}  // namespace

bool is_in_use(const std::filesystem::path& folder) {
  if (!is_there(folder)) return false;
  for (const std::filesystem::path& file : files_of_run(folder)) {
    if (is_there(file)) return true;
  }
  return false;
}

OutputFolder::OutputFolder(std::filesystem::path folder, OutputUse use, FileSystemCalls& calls)
    : path_(std::move(folder)), lock_(-1, calls) {
  if (use == OutputUse::kNew) refuse_if_in_use(path_);  // before anything is made in it
  made_folder(path_, calls);
  lock_ = open_for_output(path_ / kLockFile, O_RDWR | O_CREAT, calls);
  is_locked_ = calls.flock(lock_.get(), LOCK_EX | LOCK_NB) == 0;
  if (!is_locked_ && errno == EWOULDBLOCK) {
    throw Error(ErrorCode::kUsage, fmt::format("output folder {}: another run is writing to it", path_.string()));
  }
  if (use == OutputUse::kNew) refuse_if_in_use(path_);  // another run may have come and gone meanwhile
  if (use == OutputUse::kOverwrite) remove_run(path_, calls);
  remove_temporary_files(path_, calls);
}

bool OutputFolder::is_file_of_run(const std::filesystem::path& path) const {
  const std::filesystem::path wanted = std::filesystem::weakly_canonical(path);
  std::vector<std::filesystem::path> files = files_of_run(std::filesystem::weakly_canonical(path_));
  files.push_back(std::filesystem::weakly_canonical(path_) / kLockFile);
  return std::find(files.begin(), files.end(), wanted) != files.end();
}

}  // namespace kindling
