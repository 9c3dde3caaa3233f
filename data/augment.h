#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "data/image.h"

namespace kindling {

inline constexpr std::int64_t kCropPadding = 4;

// A window of 32 x 32 of the image padded by 4 zero pixels on every side, then perhaps mirrored left to right.
// The default leaves the image as it is.
struct AugmentDecision {
  std::int64_t dy = kCropPadding;  // first row of the window in the padded image, 0 to 8
  std::int64_t dx = kCropPadding;  // first column
  bool flip = false;

  bool operator==(const AugmentDecision&) const = default;
};

// One draw of purpose "augmentation": dy and dx uniform over 0 to 8, flip with p = 0.5 (docs/NUMERICS.md, Input).
// `sample` is the index in the whole set, below 2^32, whatever the rank; epochs count from 0.
AugmentDecision decide_augmentation(std::uint64_t seed, std::int64_t epoch, std::int64_t sample);

struct Normalization {
  std::array<float, kImageChannels> mean{0.4914F, 0.4822F, 0.4465F};
  std::array<float, kImageChannels> std{0.2023F, 0.1994F, 0.2010F};
};

// Crops, flips and maps a pixel v of channel c to (v / 255 - mean[c]) / std[c], rounded after every step in fp32 as
// torchvision's ToTensor and Normalize do. There are only 3 x 256 such values: a table of them is bit-equal by
// construction, and quicker than two divisions. The border is zero before normalisation, so it becomes -mean / std.
class InputTransform {
 public:
  explicit InputTransform(const Normalization& normalization = {});

  // Assigns pixels, [32, 32, 3], NHWC; throws Error(kInternal) for another size or a decision out of range.
  void apply(const Image& image, const AugmentDecision& decision, std::span<float> pixels) const;

 private:
  std::array<std::array<float, 256>, kImageChannels> table_;
};

}  // namespace kindling
