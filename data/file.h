#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace kindling {

// The first `limit` bytes of a file (fewer where it ends), the whole file without a limit. Throws Error(kData) with the
// path and the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t limit = SIZE_MAX);

// Bytes of a regular file. Throws Error(kData).
std::int64_t file_size_bytes(const std::filesystem::path& path);

// Makes or replaces a file; removes what was written if it can't be finished. Throws Error(kOutput).
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

}  // namespace kindling
