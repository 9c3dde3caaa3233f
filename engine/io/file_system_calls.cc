#include "engine/io/file_system_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace kindling {

int FileSystemCalls::open(const std::string& path, int flags, mode_t mode) {
  return ::open(path.c_str(), flags, mode);
}
ssize_t FileSystemCalls::write(int fd, const void* data, std::size_t size) {
  return ::write(fd, data, size);
}
int FileSystemCalls::ftruncate(int fd, off_t size) {
  return ::ftruncate(fd, size);
}
int FileSystemCalls::fsync(int fd) {
  return ::fsync(fd);
}
int FileSystemCalls::close(int fd) {
  return ::close(fd);
}
int FileSystemCalls::flock(int fd, int operation) {
  return ::flock(fd, operation);
}
int FileSystemCalls::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str());
}
int FileSystemCalls::link(const std::string& existing, const std::string& name) {
  return ::link(existing.c_str(), name.c_str());
}
int FileSystemCalls::unlink(const std::string& path) {
  return ::unlink(path.c_str());
}
int FileSystemCalls::mkdir(const std::string& path, mode_t mode) {
  return ::mkdir(path.c_str(), mode);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    calls_ = other.calls_;
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  close();
}

int FileDescriptor::close() {
  if (fd_ < 0) return 0;
  const int status = calls_->close(std::exchange(fd_, -1));
  return status < 0 && errno == EINTR ? 0 : status;  // Linux has closed it all the same
}

Error output_error(const std::filesystem::path& path, std::string_view call, int error_number) {
  return {ErrorCode::kOutput,
          fmt::format("can't write {}: {}: {}", path.string(), call, std::generic_category().message(error_number))};
}

FileDescriptor open_for_output(const std::filesystem::path& path, int flags, FileSystemCalls& calls) {
  int fd = -1;
  do {
    fd = calls.open(path.string(), flags | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw output_error(path, "open", errno);
  return {fd, calls};
}

void write_all(const FileDescriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path,
               FileSystemCalls& calls) {
  while (!bytes.empty()) {
    const ssize_t written = calls.write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw output_error(path, "write", errno);
    if (written == 0) throw output_error(path, "write", EIO);  // no progress and no reason: don't try for ever
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void sync_file(const FileDescriptor& file, const std::filesystem::path& path, FileSystemCalls& calls) {
  int status = 0;
  do {
    status = calls.fsync(file.get());
  } while (status < 0 && errno == EINTR);
  // Any other failure is final: the kernel may have dropped the pages, so that a second fsync would succeed falsely.
  if (status < 0) throw output_error(path, "fsync", errno);
}

void sync_folder(const std::filesystem::path& folder, FileSystemCalls& calls) {
  const FileDescriptor descriptor = open_for_output(folder, O_RDONLY | O_DIRECTORY, calls);
  int status = 0;
  do {
    status = calls.fsync(descriptor.get());
  } while (status < 0 && errno == EINTR);
  // Some file systems (FUSE, CIFS) can't sync a folder and say so with EINVAL; there is nothing more to be done there.
  if (status < 0 && errno != EINVAL) throw output_error(folder, "fsync", errno);
}

void remove_file(const std::filesystem::path& path, FileSystemCalls& calls) {
  if (calls.unlink(path.string()) < 0 && errno != ENOENT) throw output_error(path, "unlink", errno);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace kindling
