#pragma once

#include <array>
#include <cstdint>

#include "kernels/core/batch.h"

namespace kindling {

// One sample as it is read, before augmentation. Pixels are [32, 32, 3]: rows, columns, channels (R, G, B), 0 to 255.
// Channels lie innermost because the network's input does (NHWC) and libpng decodes so: a crop is then one run of
// bytes per row, read and written in order. CIFAR-10's planar records are turned once, when they are loaded.
struct Image {
  std::array<std::uint8_t, kImageElements> pixels;
  std::int32_t label;  // 0 to 9
};

}  // namespace kindling
