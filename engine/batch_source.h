#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/buffer.h"
#include "kernels/core/batch.h"

namespace kindling {

// What a trainer needs of a loader. It starts an epoch at any batch, hands out batches in order in slots that the
// trainer lent, and gets each slot back. Which share of the data it hands out (rank, world) is its own affair.
template <class S>
concept BatchSource = requires(S source, std::int64_t number, const Batch& batch) {
  {source.start_epoch(number, number)};
  { source.next() } -> std::same_as<std::optional<Batch>>;  // empty at the end of the epoch
  {source.release(batch)};
  { source.batches_per_epoch() } -> std::convertible_to<std::int64_t>;
};

// Owns the memory of the slots, where the context can read it.
template <class C>
class SlotPool {
 public:
  SlotPool(C& context, std::int64_t count, std::int64_t batch_size) : batch_size_(batch_size) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::size_t pixel_bytes = static_cast<std::size_t>(batch_size * kImageElements) * sizeof(float);
      const std::size_t label_bytes = static_cast<std::size_t>(batch_size) * sizeof(std::int32_t);
      pixels_.push_back(allocate_staging(context, pixel_bytes, "batch slot pixels"));
      labels_.push_back(allocate_staging(context, label_bytes, "batch slot labels"));
    }
  }

  std::int64_t size() const { return static_cast<std::int64_t>(pixels_.size()); }

  std::int64_t batch_size() const { return batch_size_; }

  BatchSlot slot(std::int64_t index) const {
    const auto i = static_cast<std::size_t>(index);
    return {
        .pixels = {reinterpret_cast<float*>(pixels_[i].get()), static_cast<std::size_t>(batch_size_ * kImageElements)},
        .labels = {reinterpret_cast<std::int32_t*>(labels_[i].get()), static_cast<std::size_t>(batch_size_)}};
  }

  std::vector<BatchSlot> slots() const {
    std::vector<BatchSlot> all;
    for (std::int64_t i = 0; i < size(); ++i) all.push_back(slot(i));
    return all;
  }

 private:
  using Memory = decltype(allocate_staging(std::declval<C&>(), std::size_t{}, ""));

  std::int64_t batch_size_;
  std::vector<Memory> pixels_;
  std::vector<Memory> labels_;
};

// A source with the slots that were lent to it.
template <class C, BatchSource Source>
struct BatchFeed {
  Source& source;
  const SlotPool<C>& slots;
};

}  // namespace kindling
