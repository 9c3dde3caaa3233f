#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/io/file_system_calls.h"

namespace kindling {

// What a file is called until it is whole: PATH.tmp, in the same folder. A leftover of a run that was killed is
// overwritten by the next attempt.
std::filesystem::path temporary_name(const std::filesystem::path& path);

// A file that appears whole or not at all, and is on the disk when publish() returns. Until then an older file of that
// name is untouched, whatever fails, and the temporary one is removed. One writer a path at a time.
//
//   DurableFile file(path, calls);
//   file.write(...);
//   file.publish();
//
// Every failure throws Error(kOutput) with path, call and errno's text. If only the last sync of the folder fails, the
// new file is in its place and whole, but might not outlive a power cut.
class DurableFile {
 public:
  DurableFile(std::filesystem::path path, FileSystemCalls& calls);
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;
  ~DurableFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // fsync, close, rename, fsync of the folder. Nothing may be written afterwards.
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  FileSystemCalls& calls_;
  FileDescriptor file_;
  bool published_ = false;
};

void write_file_durably(const std::filesystem::path& path, std::string_view contents, FileSystemCalls& calls);

// Copies a file as a DurableFile. Throws Error(kOutput), also when `from` can't be read.
void copy_file_durably(const std::filesystem::path& from, const std::filesystem::path& to, FileSystemCalls& calls);

}  // namespace kindling
