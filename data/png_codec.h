#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"

namespace kindling {

// Signature and IHDR chunk: what check_png_header looks at.
inline constexpr std::size_t kPngHeaderBytes = 33;

// 32 x 32 pixels take at most 4 kB; the rest is room for text and colour profiles. What is larger isn't read.
inline constexpr std::size_t kMostPngBytes = 1'000'000;

// A whole file. Throws Error(kData) with the path where it can't be read or is larger than kMostPngBytes.
std::vector<std::uint8_t> read_png_file(const std::filesystem::path& path);

// Throws Error(kData) that begins with `name` unless bytes begin like a PNG of 32 x 32 pixels and 8 bits a sample
// (grey, RGB or palette, with or without alpha). Nothing is decoded.
void check_png_header(std::span<const std::uint8_t> bytes, const std::string& name);

// Decodes a whole PNG file to [32, 32, 3]. Grey is repeated, a palette looked up. Alpha is dropped, not blended, and
// gamma and colour profiles are ignored, as PIL's convert("RGB") does, through which torchvision reads such folders.
// Leaves the label. Throws Error(kData) that begins with `name`, with libpng's reason when the data is damaged.
void decode_png(std::span<const std::uint8_t> bytes, const std::string& name, Image& image);

// An 8-bit RGB PNG file. Throws Error(kInternal) with libpng's reason.
std::vector<std::uint8_t> encode_png(const Image& image);

}  // namespace kindling
