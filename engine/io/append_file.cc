#include "engine/io/append_file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace kindling {
namespace {

constexpr std::size_t kMostWaitingBytes = 64U << 10U;

void cut(const FileDescriptor& file, std::int64_t bytes, const std::filesystem::path& path, FileSystemCalls& calls) {
  if (calls.ftruncate(file.get(), bytes) < 0) throw output_error(path, "ftruncate", errno);
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, FileDescriptor file, std::int64_t bytes, FileSystemCalls& calls)
    : path_(std::move(path)), file_(std::move(file)), calls_(&calls), written_bytes_(bytes) {}

AppendFile AppendFile::create(const std::filesystem::path& path, std::string_view beginning, FileSystemCalls& calls) {
  AppendFile file(path, open_for_output(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, calls), 0, calls);
  file.append(beginning);
  file.sync();
  sync_folder(folder_of(path), calls);
  return file;
}

AppendFile AppendFile::reopen(const std::filesystem::path& path, std::int64_t kept_bytes, FileSystemCalls& calls) {
  AppendFile file(path, open_for_output(path, O_WRONLY | O_APPEND, calls), kept_bytes, calls);
  cut(file.file_, kept_bytes, path, calls);
  sync_file(file.file_, path, calls);
  return file;
}

AppendFile::~AppendFile() {
  try {
    flush();
  } catch (const Error&) {  // a destructor can't report it; sync() would have
  }
}

void AppendFile::append(std::string_view line) {
  waiting_ += line;
  if (waiting_.size() >= kMostWaitingBytes) flush();
}

void AppendFile::flush() {
  if (waiting_.empty()) return;
  try {
    write_all(file_, std::as_bytes(std::span(waiting_)), path_, *calls_);
  } catch (const Error&) {
    cut(file_, written_bytes_, path_, *calls_);
    throw;
  }
  written_bytes_ += static_cast<std::int64_t>(waiting_.size());
  waiting_.clear();
}

void AppendFile::sync() {
  flush();
  sync_flushed();
}

void AppendFile::sync_flushed() const {
  sync_file(file_, path_, *calls_);
}

}  // namespace kindling
