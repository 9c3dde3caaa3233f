#include "data/png_codec.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "data/file.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

constexpr std::int64_t kRowBytes = kImageSide * kImageChannels;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[offset + i];
  return value;
}

Error png_error_in(const std::string& name, const std::string& what) {
  return {ErrorCode::kData, fmt::format("{}: {}", name, what)};
}

// What libpng's callbacks need. They are C and leave through longjmp, so there is nothing here to destroy.
struct Source {
  const std::uint8_t* next;
  std::size_t left;
  std::array<char, 128> reason;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::snprintf(source->reason.data(), source->reason.size(), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}  // libraries never print

void on_read(png_structp png, png_bytep to, std::size_t size) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (size > source->left) png_error(png, "the file ends early");
  std::memcpy(to, source->next, size);
  source->next += size;
  source->left -= size;
}

class PngReader {
 public:
  explicit PngReader(Source& source)
      : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)),
        info_(png_ != nullptr ? png_create_info_struct(png_) : nullptr) {
    if (png_ != nullptr) png_set_read_fn(png_, &source, on_read);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool valid() const { return info_ != nullptr; }

  // False after an error. libpng jumps back to the setjmp below: every frame that the jump leaves, and this one, holds
  // only trivial objects that don't change after setjmp, so no destructor is skipped and no value is indeterminate.
  bool read(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT(cert-err52-cpp)
    // The header was checked, and libpng must not find another: nor may a small chunk unpack to a large one.
    png_set_user_limits(png_, kImageSide, kImageSide);
    png_set_chunk_malloc_max(png_, kMostPngBytes);
    png_read_info(png_, info_);
    png_set_palette_to_rgb(png_);  // without effect on other colour types
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != kRowBytes) png_error(png_, "its rows don't expand to 8-bit RGB");
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

 private:
  png_structp png_;
  png_infop info_;
};

}  // namespace

std::vector<std::uint8_t> read_png_file(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes = read_file(path, kMostPngBytes + 1);
  if (bytes.size() > kMostPngBytes) {
    throw png_error_in(path.string(),
                       fmt::format("expected a PNG of 32 x 32 pixels, found more than {} bytes", kMostPngBytes));
  }
  return bytes;
}

void check_png_header(std::span<const std::uint8_t> bytes, const std::string& name) {
  constexpr std::array<std::uint8_t, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  const std::size_t compared = std::min(bytes.size(), kSignature.size());
  if (compared == 0) throw png_error_in(name, "expected a PNG file, found an empty one");
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(compared), kSignature.begin())) {
    throw png_error_in(name, "not a PNG file (its first 8 bytes aren't PNG's signature)");
  }
  if (bytes.size() < kPngHeaderBytes) {
    throw png_error_in(name, fmt::format("truncated PNG: it ends after {} bytes, inside its header", bytes.size()));
  }
  if (big_endian(bytes, 8) != 13 || std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) {
    throw png_error_in(name, "damaged PNG: it doesn't begin with an IHDR chunk");
  }
  const std::uint32_t width = big_endian(bytes, 16);
  const std::uint32_t height = big_endian(bytes, 20);
  const int bit_depth = bytes[24];
  if (width != kImageSide || height != kImageSide) {
    throw png_error_in(name, fmt::format("expected {0} x {0} pixels, found {1} x {2}", kImageSide, width, height));
  }
  if (bit_depth != 8) throw png_error_in(name, fmt::format("expected 8 bits a sample, found {}", bit_depth));
}

namespace {

// libpng asks for memory for the whole of a chunk, as its length says, before it looks how much there is to read.
void check_png_chunks(std::span<const std::uint8_t> bytes, const std::string& name) {
  constexpr std::size_t kLengthTypeAndChecksum = 12;
  std::size_t at = 8;  // behind the signature
  while (at < bytes.size()) {
    const std::size_t left = bytes.size() - at;
    if (left < kLengthTypeAndChecksum || big_endian(bytes, at) > left - kLengthTypeAndChecksum) {
      throw png_error_in(name,
                         fmt::format("damaged PNG: the file ends inside a chunk, {} bytes after it begins", left));
    }
    if (std::memcmp(bytes.data() + at + 4, "IEND", 4) == 0) return;  // what comes after it isn't read
    at += kLengthTypeAndChecksum + big_endian(bytes, at);
  }
}

}  // namespace

void decode_png(std::span<const std::uint8_t> bytes, const std::string& name, Image& image) {
  check_png_header(bytes, name);
  check_png_chunks(bytes, name);
  std::array<png_bytep, kImageSide> rows{};
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = image.pixels.data() + y * kRowBytes;

  Source source{.next = bytes.data(), .left = bytes.size(), .reason = {}};
  PngReader reader(source);
  if (!reader.valid()) throw png_error_in(name, "libpng can't be set up (out of memory?)");
  if (!reader.read(rows.data())) throw png_error_in(name, fmt::format("damaged PNG: {}", source.reason.data()));
}

std::vector<std::uint8_t> encode_png(const Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = kImageSide;
  header.height = kImageSide;
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::uint8_t> bytes(size);
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0) {
    throw Error(ErrorCode::kInternal, fmt::format("can't encode a PNG: {}", header.message));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace kindling
