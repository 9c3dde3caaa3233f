#pragma once

#include <cstdint>
#include <optional>

#include "engine/batch_source.h"
#include "kernels/core/error.h"

namespace kindling {

// The first batch of a source again and again, in as many batches as the source has in an epoch: training without
// loading, to see what computing alone takes.
template <BatchSource Source>
class RepeatedBatch {
 public:
  explicit RepeatedBatch(Source& source) : source_(source) {}

  std::int64_t batches_per_epoch() const { return source_.batches_per_epoch(); }

  void start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    if (!is_taken_) {
      source_.start_epoch(0, 0);
      const std::optional<Batch> first = source_.next();
      require(first.has_value(), "a batch to repeat was asked of a source that has none");
      batch_ = *first;
      is_taken_ = true;
    }
    batch_.epoch = epoch;
    next_ = first_batch;
  }

  std::optional<Batch> next() {
    if (next_ == batches_per_epoch()) return std::nullopt;
    Batch batch = batch_;
    batch.index = next_++;
    return batch;
  }

  void release(const Batch& /*batch*/) {}  // its slot stays lent

 private:
  Source& source_;
  Batch batch_;
  bool is_taken_ = false;
  std::int64_t next_ = 0;
};

}  // namespace kindling
