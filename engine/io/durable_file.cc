#include "engine/io/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace kindling {

std::filesystem::path temporary_name(const std::filesystem::path& path) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  return temporary;
}

DurableFile::DurableFile(std::filesystem::path path, FileSystemCalls& calls)
    : path_(std::move(path)),
      temporary_(temporary_name(path_)),
      calls_(calls),
      file_(open_for_output(temporary_, O_WRONLY | O_CREAT | O_TRUNC, calls)) {}

DurableFile::~DurableFile() {
  if (!published_) calls_.unlink(temporary_.string());
}

void DurableFile::write(std::span<const std::byte> bytes) {
  write_all(file_, bytes, path_, calls_);
}

void DurableFile::publish() {
  sync_file(file_, path_, calls_);
  if (file_.close() < 0) throw output_error(path_, "close", errno);
  if (calls_.rename(temporary_.string(), path_.string()) < 0) throw output_error(path_, "rename", errno);
  published_ = true;
  sync_folder(folder_of(path_), calls_);
}

void write_file_durably(const std::filesystem::path& path, std::string_view contents, FileSystemCalls& calls) {
  DurableFile file(path, calls);
  file.write(contents);
  file.publish();
}

void copy_file_durably(const std::filesystem::path& from, const std::filesystem::path& to, FileSystemCalls& calls) {
  constexpr std::size_t kChunkBytes = 1U << 20U;
  std::ifstream source(from, std::ios::binary);
  DurableFile target(to, calls);
  std::vector<char> chunk(kChunkBytes);
  while (source) {
    source.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    target.write(std::string_view(chunk.data(), static_cast<std::size_t>(source.gcount())));
  }
  if (!source.eof()) {
    throw Error(ErrorCode::kOutput, fmt::format("can't copy {} to {}: reading failed", from.string(), to.string()));
  }
  target.publish();
}

}  // namespace kindling
