// Decoding a PNG file. Each input runs as it is, and once more with the checksums of its chunks made right: libpng
// refuses a chunk with a wrong one before it looks inside.

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "data/png_codec.h"
#include "tests/fuzz/harness.h"

namespace kindling {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkExtraBytes = 12;  // length, type and checksum

std::vector<std::uint8_t> with_right_checksums(std::vector<std::uint8_t> bytes) {
  std::size_t at = kSignatureBytes;
  while (at + kChunkExtraBytes <= bytes.size()) {
    const std::size_t length = png_get_uint_32(&bytes[at]);
    if (length > bytes.size() - at - kChunkExtraBytes) break;
    const uLong sum = crc32(0, &bytes[at + 4], static_cast<uInt>(length + 4));
    png_save_uint_32(&bytes[at + 8 + length], static_cast<png_uint_32>(sum));
    at += kChunkExtraBytes + length;
  }
  return bytes;
}

void decode(const std::vector<std::uint8_t>& bytes) {
  Image image{};
  image.label = 7;
  const bool header_is_good = fuzz::accepts(ErrorCode::kData, [&] { check_png_header(bytes, "a.png"); });
  const bool is_decoded = fuzz::accepts(ErrorCode::kData, [&] { decode_png(bytes, "a.png", image); });
  fuzz::promise(header_is_good || !is_decoded, "nothing is decoded whose header is wrong");
  fuzz::promise(image.label == 7, "the label is left");
  if (!is_decoded) return;
  Image again{};
  decode_png(encode_png(image), "again.png", again);
  fuzz::promise(again.pixels == image.pixels, "what was decoded comes back from a PNG of our own");
}

}  // namespace
}  // namespace kindling

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> bytes(data, data + size);
  kindling::decode(bytes);
  kindling::decode(kindling::with_right_checksums(bytes));
  return 0;
}
