// Stands between a program and the C library's file calls, by LD_PRELOAD: fails one of them, kills the program before
// it, or keeps a record of all. The environment says what:
//
//   KINDLING_DISK_FOLDER   only calls on paths that begin with this count
//   KINDLING_DISK_FAULT    CALL:NTH:ACTION:PATH. The NTH call (from 1) of that name on PATH (the first, of two paths)
//                          fails with the errno ACTION, if that is a number. Else ACTION is `short` (a write takes half
//                          of what it is given), `kill` (SIGKILL before it) or `half` (SIGKILL behind half a write).
//   KINDLING_DISK_RECORD   FILE gets a line for each call, when it has returned: "CALL RESULT ARGUMENTS...", and after
//                          the line of a write the bytes that it wrote. Descriptors are numbers that are never reused.
//
// One call at a time, so that the record is the order in which things happened.

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string_view setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class Disk {
 public:
  enum class Fate { kPass, kFail, kShort, kHalf };

  // Made at the first call and never destroyed: files are closed until the very end.
  static Disk& get() {
    static auto* const disk = new Disk;  // NOLINT
    return *disk;
  }

  std::mutex& mutex() { return mutex_; }

  bool is_watched(std::string_view path) const { return !folder_.empty() && path.substr(0, folder_.size()) == folder_; }
  bool is_watched(int fd) const { return files_.count(fd) != 0; }
  const std::string& path_of(int fd) const { return files_.at(fd).path; }
  std::string number_of(int fd) const { return std::to_string(files_.at(fd).number); }

  void opened(int fd, std::string_view path) { files_[fd] = {std::string(path), ++opened_}; }
  void closed(int fd) { files_.erase(fd); }

  // What becomes of this call; sets errno where it fails.
  Fate fate(std::string_view call, std::string_view path) {
    if (call != fault_call_ || path != fault_path_ || ++calls_ != fault_nth_) return Fate::kPass;
    if (fault_action_ == "kill") kill();
    if (fault_action_ == "short") return Fate::kShort;
    if (fault_action_ == "half") return Fate::kHalf;
    errno = std::atoi(fault_action_.c_str());
    return Fate::kFail;
  }

  [[noreturn]] static void kill() {
    raise(SIGKILL);
    std::abort();
  }

  void record(const std::string& line, std::string_view bytes = {}) {
    if (record_ < 0) return;
    const int kept = errno;
    put(line + "\n");
    put(bytes);
    errno = kept;
  }

 private:
  struct File {
    std::string path;
    long number = 0;
  };

  Disk() : folder_(setting("KINDLING_DISK_FOLDER")) {
    std::string_view fault = setting("KINDLING_DISK_FAULT");
    const auto take = [&fault] {
      const std::string_view part = fault.substr(0, fault.find(':'));
      fault.remove_prefix(std::min(fault.size(), part.size() + 1));
      return std::string(part);
    };
    fault_call_ = take();
    fault_nth_ = std::atol(take().c_str());
    fault_action_ = take();
    fault_path_ = fault;
    const std::string file(setting("KINDLING_DISK_RECORD"));
    if (!file.empty()) {
      record_ = next<int(const char*, int, ...)>("open")(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
      if (record_ < 0) std::abort();
    }
  }

  void put(std::string_view bytes) const {
    static auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
    if (real(record_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  }

  std::mutex mutex_;
  std::string folder_;
  std::string fault_call_;
  std::string fault_action_;
  std::string fault_path_;
  long fault_nth_ = 0;
  long calls_ = 0;
  int record_ = -1;
  long opened_ = 0;
  std::map<int, File> files_;
};

std::string with_result(const char* call, long result) {
  return std::string(call) + " " + std::to_string(result);
}

int open_file(const char* call, const char* path, int flags, mode_t mode) {
  auto* const real = next<int(const char*, int, ...)>(call);
  Disk& disk = Disk::get();
  if (!disk.is_watched(path)) return real(path, flags, mode);
  const std::lock_guard lock(disk.mutex());
  const int fd = disk.fate("open", path) == Disk::Fate::kFail ? -1 : real(path, flags, mode);
  std::string line = with_result("open", fd) + " " + path + " " + std::to_string(flags);
  if (fd >= 0) {
    disk.opened(fd, path);
    line += " " + disk.number_of(fd);
  }
  disk.record(line);
  return fd;
}

// A call on one or two paths.
template <class Function, class... Arguments>
int call_on_path(const char* call, const std::string& paths, const char* path, Arguments... arguments) {
  auto* const real = next<Function>(call);
  Disk& disk = Disk::get();
  if (!disk.is_watched(path)) return real(path, arguments...);
  const std::lock_guard lock(disk.mutex());
  const int result = disk.fate(call, path) == Disk::Fate::kFail ? -1 : real(path, arguments...);
  disk.record(with_result(call, result) + " " + paths);
  return result;
}

// A call on a descriptor other than write and close.
template <class Function, class... Arguments>
int call_on_file(const char* call, int fd, Arguments... arguments) {
  auto* const real = next<Function>(call);
  Disk& disk = Disk::get();
  const std::unique_lock lock(disk.mutex());
  if (!disk.is_watched(fd)) return real(fd, arguments...);
  const int result = disk.fate(call, disk.path_of(fd)) == Disk::Fate::kFail ? -1 : real(fd, arguments...);
  std::string line = with_result(call, result) + " " + disk.number_of(fd);
  ((line += " " + std::to_string(arguments)), ...);
  disk.record(line);
  return result;
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file("open64", path, flags, mode);
}

ssize_t write(int fd, const void* data, std::size_t size) {
  auto* const real = next<ssize_t(int, const void*, std::size_t)>("write");
  Disk& disk = Disk::get();
  std::unique_lock lock(disk.mutex());
  if (!disk.is_watched(fd)) {
    lock.unlock();  // a pipe may block
    return real(fd, data, size);
  }
  const Disk::Fate fate = disk.fate("write", disk.path_of(fd));
  const bool is_cut = fate == Disk::Fate::kShort || fate == Disk::Fate::kHalf;
  const ssize_t written = fate == Disk::Fate::kFail ? -1 : real(fd, data, is_cut ? (size + 1) / 2 : size);
  if (fate == Disk::Fate::kHalf) Disk::kill();
  const std::size_t bytes = written < 0 ? 0 : static_cast<std::size_t>(written);
  disk.record(with_result("write", written) + " " + disk.number_of(fd), {static_cast<const char*>(data), bytes});
  return written;
}

int close(int fd) {
  auto* const real = next<int(int)>("close");
  Disk& disk = Disk::get();
  const std::lock_guard lock(disk.mutex());
  if (!disk.is_watched(fd)) return real(fd);
  const bool fails = disk.fate("close", disk.path_of(fd)) == Disk::Fate::kFail;
  const int error_number = errno;
  const int result = real(fd);  // the descriptor is gone also where close reports a failure
  disk.record(with_result("close", fails ? -1 : result) + " " + disk.number_of(fd));
  disk.closed(fd);
  if (!fails) return result;
  errno = error_number;
  return -1;
}

int fsync(int fd) {
  return call_on_file<int(int)>("fsync", fd);
}

int ftruncate(int fd, off_t size) {
  return call_on_file<int(int, off_t)>("ftruncate", fd, size);
}

int rename(const char* from, const char* to) {
  return call_on_path<int(const char*, const char*)>("rename", std::string(from) + " " + to, from, to);
}

int link(const char* existing, const char* name) {
  return call_on_path<int(const char*, const char*)>("link", std::string(existing) + " " + name, existing, name);
}

int unlink(const char* path) {
  return call_on_path<int(const char*)>("unlink", path, path);
}

int mkdir(const char* path, mode_t mode) {
  return call_on_path<int(const char*, mode_t)>("mkdir", path, path, mode);
}

}  // extern "C"
