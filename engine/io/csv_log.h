#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "engine/io/append_file.h"
#include "engine/io/file_system_calls.h"
#include "kernels/core/time_account.h"
#include "kernels/lane.h"

namespace kindling {

// One batch of batches.csv:
//   epoch,batch,images,loss,running_loss,top1,running_top1,data_ms,compute_ms
struct BatchRow {
  std::int64_t epoch = 1;  // from 1
  std::int64_t batch = 1;  // from 1 in each epoch
  std::int64_t images = 0;
  double loss = 0;          // mean over the batch
  double running_loss = 0;  // weighted by images since the epoch's start, as running_top1
  double top1 = 0;          // in [0, 1]
  double running_top1 = 0;
  double data_ms = 0;     // the trainer's wait for the batch
  double compute_ms = 0;  // forward to optimizer
};

// One epoch of epochs.csv:
//   epoch,train_loss,train_top1,test_loss,test_top1,data_s,train_s,eval_s,total_s,images_per_s,peak_rss_mb
struct EpochRow {
  std::int64_t epoch = 1;  // from 1
  double train_loss = 0;
  double train_top1 = 0;
  std::optional<double> test_loss = std::nullopt;  // an empty field without evaluation, as test_top1
  std::optional<double> test_top1 = std::nullopt;
  double data_s = 0;
  double train_s = 0;
  double eval_s = 0;
  double total_s = 0;
  double images_per_s = 0;
  double peak_rss_mb = 0;
};

// One epoch of phases.csv, where its time went. Seconds of the trainer's thread, which add up to wall_s; then those of
// the loader's workers, summed; then those of a device, by its own clock (empty on the CPU):
//   epoch,wall_s,data_s,copy_s,forward_s,backward_s,optimizer_s,launch_s,wait_s,metrics_s,evaluation_s,checkpoint_s,
//   other_s,loader_busy_s,loader_blocked_s,loader_idle_s,ring_depth,device_copy_s,device_forward_s,device_backward_s,
//   device_optimizer_s
struct PhaseRow {
  std::int64_t epoch = 1;  // from 1
  PhaseTimes phases = {};
  WorkerTimes workers = {};
  double ring_depth = 0;  // batches that were ready when the trainer asked for one, on average
  std::optional<DeviceTimes> device = std::nullopt;
};

// What one stage of the network looked like after a step, in norms.csv:
//   epoch,batch,stage,activation_rms,gradient_norm,weight_norm
struct NormRow {
  std::int64_t epoch = 1;  // from 1
  std::int64_t batch = 1;  // from 1 in each epoch
  std::string stage;
  double activation_rms = 0;
  double gradient_norm = 0;
  double weight_norm = 0;
};

// Writers of the logs. Losses and top-1 have 9 significant digits, enough to tell any two floats apart.
//
// Call sync(), or flush() and then sync_flushed() on any thread, before the checkpoint of the same step is saved: then
// the rows up to a checkpoint are always there, and resume() cuts the file after the last of them. Rows of later steps
// and a half-written last row go. Rows that are missing, repeated or of the wrong epoch or batch, and a header of
// something else, are Error(kWeights): the file is not the checkpoint's. Where no row is needed yet, a missing file is
// made. Writing throws Error(kOutput). check() finds the same faults and changes nothing, so that all files can be
// checked before the first is cut.
class BatchLog {
 public:
  static BatchLog create(const std::filesystem::path& path, FileSystemCalls& calls);
  // `batches_done` counts from the run's start: epochs of `batches_per_epoch` and part of one.
  static void check(const std::filesystem::path& path, std::int64_t batches_done, std::int64_t batches_per_epoch);
  static BatchLog resume(const std::filesystem::path& path, std::int64_t batches_done, std::int64_t batches_per_epoch,
                         FileSystemCalls& calls);

  void append(const BatchRow& row);
  void flush() { file_.flush(); }
  void sync() { file_.sync(); }
  void sync_flushed() const { file_.sync_flushed(); }

 private:
  explicit BatchLog(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

class NormLog {
 public:
  // Which rows there must be: `stages` after every `every`-th step.
  struct Rows {
    std::int64_t steps_done = 0;
    std::int64_t every = 1;
    std::int64_t stages = 1;
    std::int64_t batches_per_epoch = 1;
  };

  static NormLog create(const std::filesystem::path& path, FileSystemCalls& calls);
  static void check(const std::filesystem::path& path, const Rows& rows);
  static NormLog resume(const std::filesystem::path& path, const Rows& rows, FileSystemCalls& calls);

  void append(const NormRow& row);
  void flush() { file_.flush(); }
  void sync() { file_.sync(); }
  void sync_flushed() const { file_.sync_flushed(); }

 private:
  explicit NormLog(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

// A log with a row for each epoch: EpochRow or PhaseRow.
template <class Row>
class PerEpochLog {
 public:
  static PerEpochLog create(const std::filesystem::path& path, FileSystemCalls& calls);
  static void check(const std::filesystem::path& path, std::int64_t epochs_done);
  static PerEpochLog resume(const std::filesystem::path& path, std::int64_t epochs_done, FileSystemCalls& calls);

  void append(const Row& row);
  void flush() { file_.flush(); }
  void sync() { file_.sync(); }
  void sync_flushed() const { file_.sync_flushed(); }

 private:
  explicit PerEpochLog(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

using EpochLog = PerEpochLog<EpochRow>;
using PhaseLog = PerEpochLog<PhaseRow>;

// For a run that is resumed into another folder: copies the logs that `to` lacks from the run in `from`, if they are
// there. Throws Error(kOutput).
void adopt_logs(const std::filesystem::path& from, const std::filesystem::path& to, FileSystemCalls& calls);

}  // namespace kindling
