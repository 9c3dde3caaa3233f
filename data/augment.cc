#include "data/augment.h"

#include <algorithm>

#include "kernels/core/error.h"
#include "kernels/core/random.h"

namespace kindling {

AugmentDecision decide_augmentation(std::uint64_t seed, std::int64_t epoch, std::int64_t sample) {
  constexpr std::uint32_t kOffsets = 2 * kCropPadding + 1;
  const RandomWords words = random_words(seed, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(epoch),
                                         RandomPurpose::kAugmentation);
  return {bounded(words[0], kOffsets), bounded(words[1], kOffsets), (words[2] >> 31U) != 0};
}

InputTransform::InputTransform(const Normalization& normalization) : table_{} {
  for (std::size_t c = 0; c < table_.size(); ++c) {
    for (std::size_t value = 0; value < table_[c].size(); ++value) {
      const float scaled = static_cast<float>(value) / 255.0F;
      const float centred = scaled - normalization.mean[c];
      table_[c][value] = centred / normalization.std[c];
    }
  }
}

void InputTransform::apply(const Image& image, const AugmentDecision& decision, std::span<float> pixels) const {
  constexpr std::int64_t kLast = 2 * kCropPadding;
  require(std::ssize(pixels) == kImageElements, "an augmented image has 32 x 32 x 3 places");
  require(decision.dy >= 0 && decision.dy <= kLast && decision.dx >= 0 && decision.dx <= kLast,
          "a crop starts at 0 to 8");

  // Columns of the image inside the window, and how many border columns come before them in the output.
  const std::int64_t left = decision.dx - kCropPadding;  // image column under the window's first; may lie outside
  const std::int64_t first = std::max<std::int64_t>(left, 0);
  const std::int64_t count = std::min(left + kImageSide, kImageSide) - first;
  const std::int64_t window_column = first - left;
  const std::int64_t before = decision.flip ? kImageSide - window_column - count : window_column;
  const std::int64_t start = decision.flip ? first + count - 1 : first;
  const std::int64_t step = decision.flip ? -kImageChannels : kImageChannels;

  float* out = pixels.data();
  const auto write_border = [&](std::int64_t columns) {
    for (std::int64_t i = 0; i < columns; ++i) {
      for (const auto& channel : table_) *out++ = channel[0];
    }
  };
  for (std::int64_t y = 0; y < kImageSide; ++y) {
    const std::int64_t row = y + decision.dy - kCropPadding;
    if (row < 0 || row >= kImageSide) {
      write_border(kImageSide);
      continue;
    }
    write_border(before);
    const std::uint8_t* pixel = image.pixels.data() + (row * kImageSide + start) * kImageChannels;
    for (std::int64_t i = 0; i < count; ++i, pixel += step, out += kImageChannels) {
      out[0] = table_[0][pixel[0]];
      out[1] = table_[1][pixel[1]];
      out[2] = table_[2][pixel[2]];
    }
    write_border(kImageSide - before - count);
  }
}

}  // namespace kindling
