#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/io/file_system_calls.h"

namespace kindling {

// The real file system, except that chosen calls fail and that it may be full.
class FailingDisk : public FileSystemCalls {
 public:
  // From now on the `nth` call of this name (from 1) fails once, before it does anything.
  void fail(const std::string& call, int error_number, int nth = 1) { failures_[call] = {error_number, nth}; }
  // Writes stop with ENOSPC after so many bytes; the one that meets the end is short first, as on a real disk.
  void set_free_bytes(std::size_t bytes) { free_bytes_ = bytes; }
  // No write takes more than this many bytes.
  void set_longest_write(std::size_t bytes) { longest_write_ = bytes; }

  // Names of all calls so far, in order.
  const std::vector<std::string>& calls() const { return calls_; }

  int open(const std::string& path, int flags, mode_t mode) override {
    return fails("open") ? -1 : FileSystemCalls::open(path, flags, mode);
  }
  ssize_t write(int fd, const void* data, std::size_t size) override {
    if (fails("write")) return -1;
    if (free_bytes_ == 0 && size > 0) {
      errno = ENOSPC;
      return -1;
    }
    const ssize_t written = FileSystemCalls::write(fd, data, std::min({size, free_bytes_, longest_write_}));
    if (written > 0) free_bytes_ -= static_cast<std::size_t>(written);
    return written;
  }
  int ftruncate(int fd, off_t size) override { return fails("ftruncate") ? -1 : FileSystemCalls::ftruncate(fd, size); }
  int fsync(int fd) override { return fails("fsync") ? -1 : FileSystemCalls::fsync(fd); }
  int close(int fd) override {
    const bool failed = fails("close");
    const int error_number = errno;
    const int status = FileSystemCalls::close(fd);  // the descriptor is gone even when close reports a failure
    if (!failed) return status;
    errno = error_number;
    return -1;
  }
  int flock(int fd, int operation) override { return fails("flock") ? -1 : FileSystemCalls::flock(fd, operation); }
  int rename(const std::string& from, const std::string& to) override {
    return fails("rename") ? -1 : FileSystemCalls::rename(from, to);
  }
  int link(const std::string& existing, const std::string& name) override {
    return fails("link") ? -1 : FileSystemCalls::link(existing, name);
  }
  int unlink(const std::string& path) override { return fails("unlink") ? -1 : FileSystemCalls::unlink(path); }
  int mkdir(const std::string& path, mode_t mode) override {
    return fails("mkdir") ? -1 : FileSystemCalls::mkdir(path, mode);
  }

 private:
  struct Failure {
    int error_number = 0;
    int calls_left = 0;
  };

  bool fails(const std::string& call) {
    calls_.push_back(call);
    const auto failure = failures_.find(call);
    if (failure == failures_.end() || --failure->second.calls_left != 0) return false;
    errno = failure->second.error_number;
    return true;
  }

  std::map<std::string, Failure> failures_;
  std::size_t free_bytes_ = static_cast<std::size_t>(-1);
  std::size_t longest_write_ = static_cast<std::size_t>(-1);
  std::vector<std::string> calls_;
};

}  // namespace kindling
