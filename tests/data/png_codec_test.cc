#include "data/png_codec.h"

#include <gmock/gmock.h>
#include <png.h>

#include <algorithm>
#include <array>

#include "tests/data/test_data.h"

namespace kindling {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kPixels = kImageSide * kImageSide;

Image decoded(const std::vector<std::uint8_t>& bytes) {
  Image image{};
  image.label = 7;
  decode_png(bytes, "x.png", image);
  EXPECT_EQ(image.label, 7);
  return image;
}

std::string decoding_error(const std::vector<std::uint8_t>& bytes) {
  return error_of([&] { decoded(bytes); });
}

TEST(PngCodec, GivesBackWhatWasEncoded) {
  const Image image = test::formula_image(3);
  EXPECT_EQ(decoded(encode_png(image)).pixels, image.pixels);
}

TEST(PngCodec, DropsAlphaWithoutBlending) {
  const Image image = test::formula_image(4);
  std::vector<std::uint8_t> rgba;
  for (std::size_t i = 0; i < kPixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) rgba.push_back(image.pixels[3 * i + c]);
    rgba.push_back(static_cast<std::uint8_t>(i));  // from transparent to opaque
  }
  EXPECT_EQ(decoded(test::make_png(PNG_FORMAT_RGBA, kImageSide, rgba.data())).pixels, image.pixels);
}

TEST(PngCodec, RepeatsGreyWithAndWithoutAlpha) {
  std::vector<std::uint8_t> grey;
  std::vector<std::uint8_t> grey_alpha;
  for (std::size_t i = 0; i < kPixels; ++i) {
    grey.push_back(static_cast<std::uint8_t>(i * 7));
    grey_alpha.push_back(grey.back());
    grey_alpha.push_back(static_cast<std::uint8_t>(i));
  }
  const Image plain = decoded(test::make_png(PNG_FORMAT_GRAY, kImageSide, grey.data()));
  const Image with_alpha = decoded(test::make_png(PNG_FORMAT_GA, kImageSide, grey_alpha.data()));
  for (std::size_t i = 0; i < plain.pixels.size(); ++i) ASSERT_EQ(plain.pixels[i], grey[i / 3]) << i;
  EXPECT_EQ(with_alpha.pixels, plain.pixels);
}

TEST(PngCodec, LooksUpPalettesOpaqueOrNot) {
  constexpr std::size_t kEntries = 200;  // more than 16, so that indices take 8 bits
  std::vector<std::uint8_t> palette;
  std::vector<std::uint8_t> palette_alpha;
  for (std::size_t e = 0; e < kEntries; ++e) {
    for (const std::size_t factor : {1U, 3U, 5U}) {
      palette.push_back(static_cast<std::uint8_t>(e * factor));
      palette_alpha.push_back(palette.back());
    }
    palette_alpha.push_back(static_cast<std::uint8_t>(e));
  }
  std::vector<std::uint8_t> indices;
  for (std::size_t i = 0; i < kPixels; ++i) indices.push_back(static_cast<std::uint8_t>(i * 11 % kEntries));
  const Image opaque =
      decoded(test::make_png(PNG_FORMAT_RGB_COLORMAP, kImageSide, indices.data(), palette.data(), kEntries));
  const Image transparent =
      decoded(test::make_png(PNG_FORMAT_RGBA_COLORMAP, kImageSide, indices.data(), palette_alpha.data(), kEntries));
  for (std::size_t i = 0; i < opaque.pixels.size(); ++i) {
    ASSERT_EQ(opaque.pixels[i], palette[std::size_t{indices[i / 3]} * 3 + i % 3]) << i;
  }
  EXPECT_EQ(transparent.pixels, opaque.pixels);
}

TEST(PngCodec, RefusesSixteenBits) {
  const std::vector<std::uint16_t> samples(kPixels * 3, 1000);
  EXPECT_EQ(decoding_error(test::make_png(PNG_FORMAT_LINEAR_RGB, kImageSide, samples.data())),
            "3: x.png: expected 8 bits a sample, found 16");
}

TEST(PngCodec, RefusesFewerThanEightBits) {
  const std::array<std::uint8_t, 6> palette{0, 0, 0, 255, 255, 255};
  const std::vector<std::uint8_t> indices(kPixels, 1);
  EXPECT_EQ(decoding_error(test::make_png(PNG_FORMAT_RGB_COLORMAP, kImageSide, indices.data(), palette.data(), 2)),
            "3: x.png: expected 8 bits a sample, found 1");
}

TEST(PngCodec, RefusesOtherSizes) {
  const std::vector<std::uint8_t> samples(std::size_t{33} * 33 * 3, 9);
  EXPECT_EQ(decoding_error(test::make_png(PNG_FORMAT_RGB, 33, samples.data())),
            "3: x.png: expected 32 x 32 pixels, found 33 x 33");
}

TEST(PngCodec, RefusesWhatIsNotAPng) {
  EXPECT_THAT(decoding_error({}), AllOf(StartsWith("3: x.png: "), HasSubstr("empty")));
  EXPECT_THAT(decoding_error({'B', 'M', 1, 2, 3, 4, 5, 6, 7, 8, 9}), StartsWith("3: x.png: not a PNG file"));
  std::vector<std::uint8_t> no_header = encode_png(test::formula_image(0));
  no_header[12] = 'X';
  EXPECT_THAT(decoding_error(no_header), StartsWith("3: x.png: damaged PNG"));
}

TEST(PngCodec, NoticesEveryTruncation) {
  const std::vector<std::uint8_t> whole = encode_png(test::formula_image(1));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_THAT(decoding_error(cut), StartsWith("3: x.png: ")) << size << " of " << whole.size() << " bytes";
  }
}

// Every chunk of these files is critical and carries a CRC of 32 bits, so no changed bit goes unnoticed.
TEST(PngCodec, NoticesEveryFlippedByteOfTheImageData) {
  const std::vector<std::uint8_t> whole = encode_png(test::formula_image(2));
  const std::array<std::uint8_t, 4> idat{'I', 'D', 'A', 'T'};
  const auto start = std::search(whole.begin(), whole.end(), idat.begin(), idat.end()) - whole.begin();
  for (std::size_t i = static_cast<std::size_t>(start) + 4; i + 16 < whole.size(); i += 5) {
    std::vector<std::uint8_t> changed = whole;
    changed[i] ^= 0x10U;
    ASSERT_THAT(decoding_error(changed), StartsWith("3: x.png: damaged PNG")) << "byte " << i;
  }
}

// libpng would ask for as much memory as the chunk claims.
TEST(PngCodec, AChunkThatClaimsMoreThanTheFileHasIsRefusedBeforeItIsRead) {
  std::vector<std::uint8_t> bytes = encode_png(test::formula_image(1));
  const std::vector<std::uint8_t> chunk{0x7f, 0xff, 0xff, 0xff, 't', 'E', 'X', 't'};
  bytes.insert(bytes.begin() + kPngHeaderBytes, chunk.begin(), chunk.end());
  EXPECT_THAT(decoding_error(bytes), StartsWith("3: x.png: damaged PNG: the file ends inside a chunk"));
}

TEST(PngCodec, WhatFollowsTheEndIsIgnored) {
  std::vector<std::uint8_t> bytes = encode_png(test::formula_image(1));
  bytes.insert(bytes.end(), 5, 0xff);
  EXPECT_EQ(decoded(bytes).pixels, test::formula_image(1).pixels);
}

TEST(PngCodec, ReadsNoHugeFile) {
  const test::TempFolder folder;
  const std::vector<std::uint8_t> bytes = encode_png(test::formula_image(1));
  test::write_bytes(folder.path() / "a.png", bytes);
  EXPECT_EQ(read_png_file(folder.path() / "a.png"), bytes);
  std::filesystem::resize_file(folder.path() / "a.png", std::uintmax_t{1} << 40U);
  EXPECT_THAT(error_of([&] { read_png_file(folder.path() / "a.png"); }),
              AllOf(StartsWith("3: "), HasSubstr("a.png: expected a PNG"), HasSubstr("more than 1000000 bytes")));
}

}  // namespace
}  // namespace kindling
