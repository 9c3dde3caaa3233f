#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/core/error.h"

namespace kindling {

// The system calls through which results reach the disk. Each behaves as the POSIX call of its name: -1 and errno on
// failure. It is always passed as a parameter, so that a test can put a full or failing disk in its place.
class FileSystemCalls {
 public:
  FileSystemCalls() = default;
  FileSystemCalls(const FileSystemCalls&) = delete;
  FileSystemCalls& operator=(const FileSystemCalls&) = delete;
  virtual ~FileSystemCalls() = default;

  virtual int open(const std::string& path, int flags, mode_t mode);
  virtual ssize_t write(int fd, const void* data, std::size_t size);
  virtual int ftruncate(int fd, off_t size);
  virtual int fsync(int fd);
  virtual int close(int fd);
  virtual int flock(int fd, int operation);
  virtual int rename(const std::string& from, const std::string& to);
  virtual int link(const std::string& existing, const std::string& name);
  virtual int unlink(const std::string& path);
  virtual int mkdir(const std::string& path, mode_t mode);
};

// A file descriptor that closes itself. The destructor ignores what close says; call close() where it matters: network
// file systems report a full disk only then.
class FileDescriptor {
 public:
  FileDescriptor(int fd, FileSystemCalls& calls) : fd_(fd), calls_(&calls) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), calls_(other.calls_) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  // -1 and errno if what was written may not have reached the file. The descriptor is gone either way.
  int close();

 private:
  int fd_;
  FileSystemCalls* calls_;
};

// Error(kOutput): "can't write PATH: CALL: text of `error_number`".
Error output_error(const std::filesystem::path& path, std::string_view call, int error_number);

// Opens, and tries again when a signal interrupts. Throws output_error.
FileDescriptor open_for_output(const std::filesystem::path& path, int flags, FileSystemCalls& calls);

// Writes every byte, in as many calls as it takes. Throws output_error; `path` only names the file.
void write_all(const FileDescriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path,
               FileSystemCalls& calls);

// Waits until file contents, or for a folder its entries, are on the disk. Throws output_error.
void sync_file(const FileDescriptor& file, const std::filesystem::path& path, FileSystemCalls& calls);
void sync_folder(const std::filesystem::path& folder, FileSystemCalls& calls);

// Removes a file; one that isn't there is fine. Throws output_error.
void remove_file(const std::filesystem::path& path, FileSystemCalls& calls);

// The folder a file lies in, "." for a plain name.
std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace kindling
