#include "apps/train/run_trace.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "engine/io/chrome_trace.h"
#include "engine/io/durable_file.h"

namespace kindling {
namespace {

// PATH, or the first of STEM-2.EXT, STEM-3.EXT, ... that isn't there.
std::filesystem::path free_path(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path found = path;
  for (int part = 2; std::filesystem::exists(found, ignored); ++part) {
    found = path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), part, path.extension().string());
  }
  return found;
}

}  // namespace

RunTrace::RunTrace(std::filesystem::path path, bool on_device) : path_(std::move(path)) {
  if (path_.empty()) return;
  log_.emplace();
  trainer_ = &log_->add_lane("trainer");
  writer_ = &log_->add_lane("checkpoint writer");
  if (on_device) device_.emplace(*log_);
}

void RunTrace::require_writable(const OutputFolder& folder, bool goes_on, FileSystemCalls& calls) {
  if (!log_) return;
  if (folder.is_file_of_run(path_)) {
    throw Error(ErrorCode::kUsage, fmt::format("--trace {} would replace a file of the run in {}; give another name",
                                               path_.string(), folder.path().string()));
  }
  if (std::filesystem::is_directory(path_)) {
    throw Error(ErrorCode::kUsage, fmt::format("--trace {} is a folder, wanted a file", path_.string()));
  }
  if (goes_on) path_ = free_path(path_);
  const std::filesystem::path probe = temporary_name(path_);
  open_for_output(probe, O_WRONLY | O_CREAT, calls);
  remove_file(probe, calls);
}

void RunTrace::write(FileSystemCalls& calls) {
  if (!log_ || is_written_) return;
  is_written_ = true;
  try {
    write_chrome_trace(path_, *log_, begin_ns_, calls);
  } catch (const Error& error) {
    loss_ = error;
  }
}

}  // namespace kindling
