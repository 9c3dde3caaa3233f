#pragma once

#include <cstdint>
#include <span>

#include "kernels/core/shape.h"

namespace kindling {

inline constexpr std::int64_t kImageSide = 32;
inline constexpr std::int64_t kImageChannels = 3;
inline constexpr std::int64_t kImageElements = kImageSide * kImageSide * kImageChannels;
inline constexpr std::int64_t kClasses = 10;

// Host memory that the trainer lends to a batch source, with room for one batch. The trainer owns it (pinned where a
// device wants that) and it outlives the source. A source fills the first `images` places.
struct BatchSlot {
  std::span<float> pixels;         // [batch, 32, 32, 3], normalised, NHWC
  std::span<std::int32_t> labels;  // [batch], 0 to 9
};

// A filled slot, on loan from the source until it is given back.
struct Batch {
  std::int64_t epoch = 0;   // from 0
  std::int64_t index = 0;   // within the epoch, from 0
  std::int64_t images = 0;  // the last batch of an epoch may hold fewer than the others
  std::int64_t slot = 0;    // which of the lent slots holds it
};

}  // namespace kindling
