#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/device_trace.h"
#include "engine/io/file_system_calls.h"
#include "engine/io/output_folder.h"
#include "kernels/core/clock.h"
#include "kernels/core/error.h"
#include "kernels/core/trace_log.h"

namespace kindling {

// The trace of a run (--trace): lanes for the trainer's thread, that of checkpoints, the loader and a device. Without a
// path nothing is traced.
class RunTrace {
 public:
  RunTrace(std::filesystem::path path, bool on_device);

  // Before anything is trained: whether the trace can be written. A run that goes on leaves the trace of its earlier
  // part where it is, and writes NAME-2, NAME-3, ... beside it. Throws Error(kUsage) where the trace would replace a
  // file of the run, Error(kOutput) where it can't be written.
  void require_writable(const OutputFolder& folder, bool goes_on, FileSystemCalls& calls);

  // Time zero of the trace; what was before isn't in it. Nothing may be under way.
  void begin() {
    begin_ns_ = now_ns();
    if (writer_ != nullptr) writer_->events.clear();
  }

  // All null where nothing is traced.
  TraceLog* log() { return log_ ? &*log_ : nullptr; }
  TraceLane* trainer() { return trainer_; }
  TraceLane* writer() { return writer_; }
  DeviceTrace* device() { return device_ ? &*device_ : nullptr; }

  // Once, when nothing is under way any more; a second call does nothing.
  void write(FileSystemCalls& calls);
  // Why it couldn't be written: told when the run has ended, as the run itself matters more.
  const std::optional<Error>& loss() const { return loss_; }

 private:
  std::filesystem::path path_;
  std::int64_t begin_ns_ = now_ns();
  std::optional<TraceLog> log_;
  TraceLane* trainer_ = nullptr;
  TraceLane* writer_ = nullptr;
  std::optional<DeviceTrace> device_;
  bool is_written_ = false;
  std::optional<Error> loss_;
};

}  // namespace kindling
