#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/io/file_system_calls.h"

namespace kindling {

// What --autotune found out, kept for later runs: which plan serves a problem. Both are text that a backend gives a
// meaning to. A plan holds only where it was timed: in an environment (library version and device).
//
//   {"format": "kindling-plan-cache", "version": 1,
//    "environments": {"cuDNN 9.19.0, ...": {"bf16 forward n128 ...": "67[2=1 13=0]"}}}
using PlanCache = std::map<std::string, std::map<std::string, std::string>>;  // environment -> problem -> plan

// A file that isn't there is an empty cache. Throws Error(kUsage) where it can't be read or isn't a plan cache: one
// line that says what is wrong with it and what to do.
PlanCache read_plan_cache(const std::filesystem::path& path);

// Replaces the file durably (DurableFile). Throws Error(kOutput).
void write_plan_cache(const std::filesystem::path& path, const PlanCache& cache, FileSystemCalls& calls);

}  // namespace kindling
