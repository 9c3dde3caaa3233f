#include "data/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "kernels/core/error.h"

namespace kindling {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }  // NOLINT(cppcoreguidelines-owning-memory)
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Error file_error(ErrorCode code, const char* action, const std::filesystem::path& path, int reason) {
  return {code, fmt::format("can't {} {}: {}", action, path.string(), std::generic_category().message(reason))};
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t limit) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw file_error(ErrorCode::kData, "open", path, errno);
  constexpr std::size_t kBlock = 8192;
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < limit) {
    const std::size_t old_size = bytes.size();
    const std::size_t wanted = std::min(kBlock, limit - old_size);
    bytes.resize(old_size + wanted);
    const std::size_t got = std::fread(bytes.data() + old_size, 1, wanted, file.get());
    bytes.resize(old_size + got);
    if (got < wanted) break;
  }
  if (std::ferror(file.get()) != 0) throw file_error(ErrorCode::kData, "read", path, errno);
  return bytes;
}

std::int64_t file_size_bytes(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) throw file_error(ErrorCode::kData, "read", path, error.value());
  return static_cast<std::int64_t>(bytes);
}

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) throw file_error(ErrorCode::kOutput, "create", path, errno);
  bool good = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  int reason = errno;
  // A full disk may show only when the last buffer is written out.
  if (std::fclose(file.release()) != 0 && good) {  // NOLINT(cppcoreguidelines-owning-memory)
    good = false;
    reason = errno;
  }
  if (good) return;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  throw file_error(ErrorCode::kOutput, "write", path, reason);
}

}  // namespace kindling
