#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "data/sharding.h"
#include "kernels/core/batch.h"

namespace kindling {

// A part of a batch: the work that a worker takes at a time.
struct BatchChunk {
  std::int64_t batch;   // within the epoch
  std::int64_t slot;    // where it goes
  std::int64_t offset;  // first image, within the batch
  std::int64_t first;   // position of that image in the epoch's order
  std::int64_t images;  // may be 0 (an empty share)
};

// The loader's bookkeeping: which chunk is filled next, which batch is delivered next, which slots are free. Batches go
// round the slots in order. It knows nothing of threads: the loader guards it with one mutex.
//
// An exception belongs to a place in the order. After the first one nothing more is claimed; as chunks are claimed in
// order, all chunks before the failed one are then done or in work, so once those are finished, the failure kept is the
// first in the order, whatever the number of workers, and the batches before it are delivered as if nothing happened.
class BatchRing {
 public:
  BatchRing(const Sharding& sharding, std::int64_t slots, std::int64_t chunk_images);

  // Forgets all slots and failures; batches first_batch to end_batch - 1 follow. Nothing may be in work.
  void start(std::int64_t first_batch, std::int64_t end_batch);
  // Nothing more is claimed or delivered; what is in work must still be finished.
  void cancel();

  bool can_claim() const;
  // Batches are left to fill, but the next has no free slot.
  bool is_full() const { return !failure_ && claim_batch_ < end_ && !can_claim(); }
  BatchChunk claim();                                          // requires can_claim()
  void finish(const BatchChunk& chunk);                        // its images lie in the slot
  void fail(const BatchChunk& chunk, std::exception_ptr why);  // instead of finish
  bool idle() const { return in_work_ == 0; }

  bool at_end() const { return head_ == end_; }
  // The next batch would need a slot that the trainer holds: waiting for it could not end.
  bool head_blocked() const { return !at_end() && slots_[slot_of(head_)].on_loan; }
  bool head_ready() const { return !at_end() && is_ready(head_); }
  std::int64_t ready_batches() const;  // that could be delivered one after the other
  bool failure_due() const { return failure_ && failure_->batch == head_ && idle(); }

  Batch deliver();                    // requires head_ready(); epoch is left to the caller
  std::exception_ptr take_failure();  // requires failure_due(); the epoch is over
  void release(const Batch& batch);

 private:
  struct Slot {
    std::int64_t batch = -1;   // -1: free
    std::int64_t missing = 0;  // images not filled yet
    std::int64_t chunks = 0;   // in work
    bool on_loan = false;
  };
  struct Failure {
    std::int64_t batch;
    std::int64_t offset;
    std::exception_ptr why;
  };

  bool is_ready(std::int64_t batch) const;
  std::size_t slot_of(std::int64_t batch) const {
    return static_cast<std::size_t>(batch % static_cast<std::int64_t>(slots_.size()));
  }

  Sharding sharding_;
  std::int64_t chunk_images_;
  std::vector<Slot> slots_;
  std::int64_t claim_batch_ = 0;   // the next chunk to claim: its batch ...
  std::int64_t claim_offset_ = 0;  // ... and its first image
  std::int64_t head_ = 0;          // the next batch to deliver
  std::int64_t end_ = 0;
  std::int64_t in_work_ = 0;  // chunks
  std::optional<Failure> failure_;
};

}  // namespace kindling
