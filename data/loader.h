#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "data/augment.h"
#include "data/batch_ring.h"
#include "data/dataset.h"
#include "data/sharding.h"
#include "kernels/core/batch.h"
#include "kernels/core/time_account.h"

namespace kindling {

struct LoaderOptions {
  std::int64_t batch_size = 128;  // images a rank and step
  std::int64_t workers = 4;       // threads; 0: next() does the work itself
  std::int64_t prefetch = 2;  // batches filled ahead of the one that the trainer holds (without meaning for workers 0)
  std::uint64_t seed = 0;
  bool shuffle = true;
  bool augment = true;
  std::int64_t rank = 0;
  std::int64_t world = 1;
  std::int64_t inject_latency_us = 0;  // a pause per image, to play slow storage
  std::int64_t limit_batches = 0;      // at most so many batches an epoch; 0: all
  TraceLog* trace = nullptr;           // what each worker does, and how full the ring is; null: not traced
  Clock clock = now_ns;
};

// What a loader did between two moments.
struct LoaderTimes {
  WorkerTimes workers;             // summed over the workers; without workers, busy is the time in next()
  std::int64_t ready_batches = 0;  // summed over all calls of next(): those that were ready when it was called
  std::int64_t requests = 0;       // calls of next() that had a batch to deliver

  double mean_ready_batches() const {
    return requests == 0 ? 0 : static_cast<double>(ready_batches) / static_cast<double>(requests);
  }
  LoaderTimes& operator+=(const LoaderTimes& other) {
    workers += other.workers;
    ready_batches += other.ready_batches;
    requests += other.requests;
    return *this;
  }
};

// Delivers an epoch's batches in order. What a batch holds depends on seed, epoch, batch index, rank and world alone,
// never on the number of workers, the slots or where the epoch was entered. For evaluation: shuffle and augment false.
//
// Workers share a batch in chunks rather than owning whole batches: the next batch is ready after 1 / workers of the
// time, ordered delivery never waits for a whole batch of a slow worker, and the memory needed doesn't grow with the
// number of workers. A batch makes about two chunks per worker (at most 16 images each, so that a chunk is
// long against the mutex that hands it out and short against a batch).
//
// One thread calls start_epoch and next. release may come from any thread, but next doesn't wait for it: the slot that
// the next batch needs must have been given back before. Slots are those that the trainer lent; a batch is the
// trainer's until it gives it back.
class Loader {
 public:
  // Slots that keep `prefetch` batches in work while the trainer holds one: 1 without workers, else prefetch + 1. A
  // trainer that holds h batches at a time lends h - 1 more. All slots lent are used.
  static std::int64_t slots_needed(const LoaderOptions& options);

  // `dataset` and the slots' memory outlive the loader. Throws Error(kUsage) for options that are out of range,
  // Error(kInternal) for too few or too small slots.
  Loader(const Dataset& dataset, const LoaderOptions& options, std::vector<BatchSlot> slots);
  // At any time: waits for no more than the image in each worker's hands.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Of this rank, with limit_batches applied. The same for all ranks.
  std::int64_t batches_per_epoch() const { return batches_; }

  // Drops what is left of the current epoch, takes back every slot and starts to fill (epoch, first_batch). Epochs
  // count from 0. Throws Error(kUsage) unless 0 <= first_batch <= batches_per_epoch().
  void start_epoch(std::int64_t epoch, std::int64_t first_batch = 0);

  // Drops what is left of the current epoch. When it returns no worker does anything.
  void end_epoch();

  // Waits for the next batch; nullopt at the end of the epoch. What reading an image threw is thrown here, once, in the
  // place of the first batch that it spoils; the epoch is then over. Throws Error(kInternal) when the batch has no slot
  // to go to because none was given back.
  std::optional<Batch> next();

  // Gives back a batch of the current epoch.
  void release(const Batch& batch);

  // What was done since the last call of this. From any thread.
  LoaderTimes take_times();
  // Forgets what was done so far, in the trace too.
  void restart_times();

 private:
  using WorkerAccount = TimeAccount<WorkerState>;

  void start_workers();
  void stop_workers();
  void work(WorkerAccount& account);
  void trace_depth();
  void update_waiting_workers();
  void process_chunk(std::unique_lock<std::mutex>& lock);
  void fill(const BatchChunk& chunk) const;
  void fill_image(const BatchChunk& chunk, std::int64_t i, Image& image) const;

  const Dataset& dataset_;
  const LoaderOptions options_;
  const std::vector<BatchSlot> slots_;
  const Sharding sharding_;
  const std::int64_t batches_;
  const InputTransform transform_;

  // Written only under the mutex while nothing is in work; workers read them while they fill.
  std::int64_t epoch_ = 0;
  std::vector<std::uint32_t> order_;

  std::mutex mutex_;                    // guards what follows
  std::condition_variable work_ready_;  // workers: a chunk can be claimed, or stop
  std::condition_variable progress_;    // start_epoch and next: a batch is ready, failed, or nothing is in work
  BatchRing ring_;
  std::vector<WorkerAccount> accounts_;  // of each worker, or of the one caller of next()
  LoaderTimes times_;
  TraceLane* depth_lane_;
  bool stopping_ = false;
  std::atomic<bool> abandoned_ = false;  // what is being filled will not be delivered
  std::vector<std::thread> threads_;
};

}  // namespace kindling
