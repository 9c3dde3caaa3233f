#pragma once

#include <filesystem>

#include "engine/io/file_system_calls.h"
#include "kernels/core/trace_log.h"

namespace kindling {

// Writes a trace in the JSON format that Perfetto and chrome://tracing read ("Trace Event Format", Google, 2016): a
// track of complete events ("X") for each lane, a counter ("C") for each lane of samples; microseconds since
// `begin_ns`. Durable, in place of a file that is there. Throws Error(kOutput).
void write_chrome_trace(const std::filesystem::path& path, const TraceLog& log, std::int64_t begin_ns,
                        FileSystemCalls& calls);

}  // namespace kindling
