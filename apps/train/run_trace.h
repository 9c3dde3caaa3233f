#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "engine/device_trace.h"
#include "engine/io/chrome_trace.h"
#include "kernels/core/clock.h"

namespace kindling {

// The trace of a run (--trace): lanes for the trainer's thread, that of checkpoints, the loader and a device. Without a
// path nothing is traced.
class RunTrace {
 public:
  RunTrace(std::filesystem::path path, bool on_device) : path_(std::move(path)) {
    if (path_.empty()) return;
    log_.emplace();
    trainer_ = &log_->add_lane("trainer");
    writer_ = &log_->add_lane("checkpoint writer");
    if (on_device) device_.emplace(*log_);
  }

  // Time zero of the trace.
  void begin() { begin_ns_ = now_ns(); }

  // All null where nothing is traced.
  TraceLog* log() { return log_ ? &*log_ : nullptr; }
  TraceLane* trainer() { return trainer_; }
  TraceLane* writer() { return writer_; }
  DeviceTrace* device() { return device_ ? &*device_ : nullptr; }

  // When nothing is under way any more. Throws Error(kOutput).
  void write(FileSystemCalls& calls) const {
    if (log_) write_chrome_trace(path_, *log_, begin_ns_, calls);
  }

 private:
  std::filesystem::path path_;
  std::int64_t begin_ns_ = now_ns();
  std::optional<TraceLog> log_;
  TraceLane* trainer_ = nullptr;
  TraceLane* writer_ = nullptr;
  std::optional<DeviceTrace> device_;
};

}  // namespace kindling
