#pragma once

#include <cstdint>
#include <vector>

#include "data/loader.h"
#include "tests/data/test_data.h"

namespace kindling::test {

// Memory for slots, filled with NaN so that a place that the loader missed is seen.
class SlotMemory {
 public:
  SlotMemory(std::int64_t slots, std::int64_t batch_size);
  explicit SlotMemory(const LoaderOptions& options) : SlotMemory(Loader::slots_needed(options), options.batch_size) {}

  const std::vector<BatchSlot>& slots() const { return slots_; }

 private:
  std::vector<std::vector<float>> pixels_;
  std::vector<std::vector<std::int32_t>> labels_;
  std::vector<BatchSlot> slots_;
};

// What a run of an epoch delivered.
struct Delivered {
  std::vector<float> pixels;
  std::vector<std::int32_t> labels;
  std::vector<std::int64_t> batch_images;

  bool operator==(const Delivered&) const = default;
  void append(const Batch& batch, const BatchSlot& slot);
};

// Takes all batches of an epoch from first_batch on, giving each back before the next is asked for.
Delivered drain(Loader& loader, const SlotMemory& memory, std::int64_t epoch, std::int64_t first_batch = 0);

}  // namespace kindling::test
