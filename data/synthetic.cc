#include "data/synthetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels/core/error.h"
#include "kernels/core/random.h"

namespace kindling {
namespace {

constexpr std::int64_t kColours = 2;

// Whether a pixel belongs to the texture's foreground.
bool is_foreground(std::int64_t texture, std::int64_t y, std::int64_t x) {
  switch (texture) {
    case 0:
      return y % 4 < 2;
    case 1:
      return y % 8 < 4;
    case 2:
      return x % 4 < 2;
    case 3:
      return x % 8 < 4;
    default:
      return (y % 8 < 4) != (x % 8 < 4);
  }
}

// What varies between the images of a class.
struct Look {
  std::int32_t phase_y;
  std::int32_t phase_x;
  std::array<std::int32_t, 3> background;
  std::array<std::int32_t, 3> foreground;
};

Look make_look(const RandomWords& words, std::int64_t colour) {
  Look look{};
  look.phase_y = static_cast<std::int32_t>(bounded(words[0], 8));
  look.phase_x = static_cast<std::int32_t>(bounded(words[1], 8));
  const auto brightness = static_cast<std::int32_t>(64 + bounded(words[2], 65));
  const auto contrast = static_cast<std::int32_t>(32 + bounded(words[3], 49));
  look.background.fill(brightness);
  look.foreground = look.background;
  look.foreground[colour == 0 ? 0 : 2] += contrast;  // towards red or blue
  look.foreground[1] += contrast / 2;
  return look;
}

}  // namespace

Synthetic::Synthetic(std::int64_t train_size, std::uint64_t seed, Split split)
    : classes_{"thin-rows-red",     "thin-rows-blue",    "thick-rows-red",     "thick-rows-blue", "thin-columns-red",
               "thin-columns-blue", "thick-columns-red", "thick-columns-blue", "checks-red",      "checks-blue"},
      size_(split == Split::kTrain ? train_size : train_size / 5),
      seed_(seed),
      split_(split) {
  constexpr std::int64_t kSmallest = 5 * kClasses;
  constexpr std::int64_t kLargest = std::int64_t{1} << 31;
  if (train_size < kSmallest || train_size > kLargest) {
    throw Error(ErrorCode::kUsage,
                fmt::format("a synthetic set needs {} to {} images, got {}", kSmallest, kLargest, train_size));
  }
}

void Synthetic::read(std::int64_t index, Image& image) const {
  const auto draw_words = [&](std::size_t draw) {
    return random_words(seed_, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(split_),
                        RandomPurpose::kSyntheticImage, static_cast<std::uint32_t>(draw));
  };
  const std::int64_t label = index % kClasses;
  const std::int64_t texture = label / kColours;
  const Look look = make_look(draw_words(0), label % kColours);
  image.label = static_cast<std::int32_t>(label);

  constexpr std::size_t kBytesPerDraw = 16;
  RandomWords noise{};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (i % kBytesPerDraw == 0) noise = draw_words(1 + i / kBytesPerDraw);
    const std::size_t c = i % kImageChannels;
    const std::int64_t pixel = static_cast<std::int64_t>(i) / kImageChannels;
    const bool front = is_foreground(texture, pixel / kImageSide + look.phase_y, pixel % kImageSide + look.phase_x);
    const auto byte = static_cast<std::int32_t>((noise[i % kBytesPerDraw / 4] >> (8 * (i % 4))) & 0xffU);
    const std::int32_t value = (front ? look.foreground : look.background)[c] + (byte - 128) / 2;
    image.pixels[i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
  }
}

std::string Synthetic::fingerprint() const {
  return fmt::format("synthetic-v1:{}:{}:seed{}", name_of(split_), size_, seed_);
}

}  // namespace kindling
