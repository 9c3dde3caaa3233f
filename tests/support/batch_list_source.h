#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/core/batch.h"
#include "kernels/core/error.h"
#include "tests/support/random_values.h"

namespace kindling::test {

// A batch source (engine/batch_source.h) that makes its images up: every epoch the same `images` of them, in batches of
// batch_size. It fills a slot when asked, and takes the slots in turn.
class BatchListSource {
 public:
  BatchListSource(std::int64_t images, std::int64_t batch_size, std::vector<BatchSlot> slots, std::uint64_t seed = 1)
      : batch_size_(batch_size), slots_(std::move(slots)) {
    RandomValues random(seed);
    for (const double value : random.reals(images * kImageElements)) pixels_.push_back(static_cast<float>(value));
    for (std::int64_t i = 0; i < images; ++i) labels_.push_back(static_cast<std::int32_t>(random.integer(0, 9)));
  }

  std::int64_t batches_per_epoch() const { return (size() + batch_size_ - 1) / batch_size_; }

  void start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    epoch_ = epoch;
    batch_ = first_batch;
  }

  std::optional<Batch> next() {
    if (batch_ == batches_per_epoch()) return std::nullopt;
    if (batch_ == failing_batch) throw Error(ErrorCode::kData, "a batch that can't be read");
    const std::int64_t begin = batch_ * batch_size_;
    const std::int64_t images = std::min(batch_size_, size() - begin);
    const std::int64_t index = batch_ % static_cast<std::int64_t>(slots_.size());
    const BatchSlot& slot = slots_[static_cast<std::size_t>(index)];
    std::copy_n(pixels_.begin() + begin * kImageElements, images * kImageElements, slot.pixels.begin());
    std::copy_n(labels_.begin() + begin, images, slot.labels.begin());
    return Batch{.epoch = epoch_, .index = batch_++, .images = images, .slot = index};
  }

  void release(const Batch& batch) { released_.push_back(batch.index); }
  const std::vector<std::int64_t>& released() const { return released_; }

  std::vector<float>& pixels() { return pixels_; }
  std::int64_t failing_batch = -1;  // the batch that can't be read

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }

  std::int64_t batch_size_;
  std::vector<BatchSlot> slots_;
  std::vector<float> pixels_;
  std::vector<std::int32_t> labels_;
  std::int64_t epoch_ = 0;
  std::int64_t batch_ = 0;
  std::vector<std::int64_t> released_;
};

}  // namespace kindling::test
