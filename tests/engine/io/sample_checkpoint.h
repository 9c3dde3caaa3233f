#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/io/checkpoint.h"

namespace kindling {

// A small checkpoint with tensors of three types, an empty section and text that JSON must escape.
struct SampleCheckpoint {
  explicit SampleCheckpoint(std::int64_t step_in) : step(step_in) {}

  CheckpointContents contents() const {
    CheckpointContents contents;
    contents.step = step;
    contents.metadata = metadata;
    contents.sections = {
        {"weights",
         {{"conv1.weight", DType::kF32, {2, 3}, std::as_bytes(std::span(weight))},
          {"bn1.num_batches_tracked", DType::kI64, {}, std::as_bytes(std::span(count))}}},
        {"optimizer.momentum", {}},
        {"metrics", {{"top1", DType::kU8, {3}, std::as_bytes(std::span(metrics))}}},
    };
    return contents;
  }

  std::int64_t step;
  StringMap metadata = {{"seed", "1"}, {"options", "{\"lr\": 0.1}\n\tgrößer"}};
  std::vector<float> weight = {0.5F, -1.25F, 3.0F, 4.0F, 5.0F, 6.5F};
  std::vector<std::int64_t> count = {391};
  std::vector<std::uint8_t> metrics = {1, 2, 3};
};

}  // namespace kindling
