#include "tests/data/loader_fixture.h"

#include <gtest/gtest.h>

#include <limits>

namespace kindling::test {

SlotMemory::SlotMemory(std::int64_t slots, std::int64_t batch_size)
    : pixels_(static_cast<std::size_t>(slots), std::vector<float>(static_cast<std::size_t>(batch_size * kImageElements),
                                                                  std::numeric_limits<float>::quiet_NaN())),
      labels_(static_cast<std::size_t>(slots), std::vector<std::int32_t>(static_cast<std::size_t>(batch_size), -1)) {
  for (std::size_t i = 0; i < pixels_.size(); ++i) slots_.push_back({pixels_[i], labels_[i]});
}

void Delivered::append(const Batch& batch, const BatchSlot& slot) {
  const auto images = static_cast<std::size_t>(batch.images);
  const auto batch_pixels = slot.pixels.first(images * kImageElements);
  const auto batch_labels = slot.labels.first(images);
  pixels.insert(pixels.end(), batch_pixels.begin(), batch_pixels.end());
  labels.insert(labels.end(), batch_labels.begin(), batch_labels.end());
  batch_images.push_back(batch.images);
}

Delivered drain(Loader& loader, const SlotMemory& memory, std::int64_t epoch, std::int64_t first_batch) {
  loader.start_epoch(epoch, first_batch);
  Delivered delivered;
  std::int64_t expected = first_batch;
  while (const std::optional<Batch> batch = loader.next()) {
    EXPECT_EQ(batch->epoch, epoch);
    EXPECT_EQ(batch->index, expected++);
    delivered.append(*batch, memory.slots()[static_cast<std::size_t>(batch->slot)]);
    loader.release(*batch);
  }
  EXPECT_EQ(expected, loader.batches_per_epoch());
  return delivered;
}

}  // namespace kindling::test
