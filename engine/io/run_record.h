#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/file_system_calls.h"

namespace kindling {

// Facts for run.json: what one must know to tell two runs apart, or to do one again.

// {"cpu", "cores_allowed", "memory_mb", "hostname", "kernel"}: the machine as this process may use it. cores_allowed
// counts the CPUs the process may run on; "unknown" and 0 stand for what the system doesn't tell.
nlohmann::ordered_json host_facts();

// {"version", "git_commit", "git_dirty", "compiler", "build_type", "sanitizer", "openmp", "blas"}: how this program was
// made. git_dirty: tracked files differed from the commit when it was built.
nlohmann::ordered_json build_facts();

// The time now in UTC, as 2026-01-31T23:59:59Z.
std::string utc_time();

// The record at `path`; null where that is missing, damaged, larger than 16 MB or no object.
nlohmann::ordered_json read_record(const std::filesystem::path& path);

// {"started"} of a new run: now. Of one that goes on {"started", "resumed": [...]}: the times of its record at `path`
// (null and none where that is missing or damaged) and now.
nlohmann::ordered_json run_times(const std::filesystem::path& path, bool resumed);

// Writes the record durably, indented. Throws Error(kOutput).
void write_run_record(const std::filesystem::path& path, const nlohmann::ordered_json& record, FileSystemCalls& calls);

}  // namespace kindling
