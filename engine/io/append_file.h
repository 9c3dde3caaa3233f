#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/io/file_system_calls.h"

namespace kindling {

// A text file that grows by whole lines. Lines wait in memory until flush() or sync(), or until there are 64 KiB of
// them. A write that fails is taken back, so that the file ends with a whole line, and may be tried again.
// All functions throw Error(kOutput). Not thread-safe.
class AppendFile {
 public:
  // A new file, in place of one that is there, with this beginning on the disk.
  static AppendFile create(const std::filesystem::path& path, std::string_view beginning, FileSystemCalls& calls);
  // Goes on with a file after cutting it to `kept_bytes`.
  static AppendFile reopen(const std::filesystem::path& path, std::int64_t kept_bytes, FileSystemCalls& calls);

  AppendFile(AppendFile&&) noexcept = default;
  AppendFile& operator=(AppendFile&&) = delete;
  // Flushes; what can't be written is lost. Call sync() where that matters.
  ~AppendFile();

  void append(std::string_view line);
  // Hands the lines to the operating system: other programs see them.
  void flush();
  // And waits until they are on the disk.
  void sync();
  // Waits until what was flushed is on the disk. The one function that another thread may call meanwhile.
  void sync_flushed() const;

 private:
  AppendFile(std::filesystem::path path, FileDescriptor file, std::int64_t bytes, FileSystemCalls& calls);

  std::filesystem::path path_;
  FileDescriptor file_;
  FileSystemCalls* calls_;
  std::int64_t written_bytes_;
  std::string waiting_;
};

}  // namespace kindling
