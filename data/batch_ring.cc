#include "data/batch_ring.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernels/core/error.h"

namespace kindling {

BatchRing::BatchRing(const Sharding& sharding, std::int64_t slots, std::int64_t chunk_images)
    : sharding_(sharding), chunk_images_(chunk_images), slots_(static_cast<std::size_t>(slots)) {}

void BatchRing::start(std::int64_t first_batch, std::int64_t end_batch) {
  require(idle(), "a ring is restarted with work in progress");
  std::fill(slots_.begin(), slots_.end(), Slot{});
  failure_.reset();
  claim_batch_ = head_ = first_batch;
  claim_offset_ = 0;
  end_ = end_batch;
}

void BatchRing::cancel() {
  claim_batch_ = head_ = end_;
}

bool BatchRing::can_claim() const {
  if (failure_ || claim_batch_ >= end_) return false;
  return claim_offset_ > 0 || slots_[slot_of(claim_batch_)].batch < 0;
}

BatchChunk BatchRing::claim() {
  const Sharding::Share share = sharding_.share(claim_batch_);
  Slot& slot = slots_[slot_of(claim_batch_)];
  if (claim_offset_ == 0) slot = Slot{.batch = claim_batch_, .missing = share.images};
  const BatchChunk chunk{.batch = claim_batch_,
                         .slot = static_cast<std::int64_t>(slot_of(claim_batch_)),
                         .offset = claim_offset_,
                         .first = share.first + claim_offset_,
                         .images = std::min(chunk_images_, share.images - claim_offset_)};
  ++slot.chunks;
  ++in_work_;
  claim_offset_ += chunk.images;
  if (claim_offset_ == share.images) {
    ++claim_batch_;
    claim_offset_ = 0;
  }
  return chunk;
}

void BatchRing::finish(const BatchChunk& chunk) {
  Slot& slot = slots_[static_cast<std::size_t>(chunk.slot)];
  slot.missing -= chunk.images;
  --slot.chunks;
  --in_work_;
}

void BatchRing::fail(const BatchChunk& chunk, std::exception_ptr why) {
  --slots_[static_cast<std::size_t>(chunk.slot)].chunks;
  --in_work_;
  if (!failure_ || std::tie(chunk.batch, chunk.offset) < std::tie(failure_->batch, failure_->offset)) {
    failure_ = Failure{chunk.batch, chunk.offset, std::move(why)};
  }
}

bool BatchRing::is_ready(std::int64_t batch) const {
  const Slot& slot = slots_[slot_of(batch)];
  return slot.batch == batch && slot.missing == 0 && slot.chunks == 0 && !slot.on_loan;
}

std::int64_t BatchRing::ready_batches() const {
  std::int64_t batch = head_;
  while (batch < end_ && is_ready(batch)) ++batch;
  return batch - head_;
}

Batch BatchRing::deliver() {
  Slot& slot = slots_[slot_of(head_)];
  slot.on_loan = true;
  const Batch batch{.epoch = 0,
                    .index = head_,
                    .images = sharding_.share(head_).images,
                    .slot = static_cast<std::int64_t>(slot_of(head_))};
  ++head_;
  return batch;
}

std::exception_ptr BatchRing::take_failure() {
  std::exception_ptr why = std::exchange(failure_->why, nullptr);
  failure_.reset();
  cancel();
  return why;
}

void BatchRing::release(const Batch& batch) {
  require(batch.slot >= 0 && batch.slot < std::ssize(slots_), "a batch is given back that has no slot");
  Slot& slot = slots_[static_cast<std::size_t>(batch.slot)];
  require(slot.on_loan && slot.batch == batch.index, "a batch is given back that is not on loan");
  slot = Slot{};
}

}  // namespace kindling
