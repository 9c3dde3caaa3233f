#include "engine/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <exception>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "engine/io/durable_file.h"
#include "engine/io/json_text.h"

namespace kindling {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, and elements are copied");

[[noreturn]] void refuse_reading(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorCode::kWeights, fmt::format("can't read {}: {}", path.string(), what));
}

std::uint64_t file_bytes(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) refuse_reading(path, error ? error.message() : "no such file");
  if (!std::filesystem::is_regular_file(status)) refuse_reading(path, "wanted a file, found a folder or device");
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) refuse_reading(path, error.message());
  return bytes;
}

void read_exactly(std::ifstream& file, const std::filesystem::path& path, std::span<std::byte> bytes) {
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) refuse_reading(path, fmt::format("wanted {} more bytes, found {}", bytes.size(), file.gcount()));
}

std::string mismatch(const TensorRecord& found, DType dtype, std::span<const std::int64_t> shape) {
  return fmt::format("tensor {}: wanted {}, found {}", quoted_name(found.name), describe(dtype, shape),
                     describe(found.dtype, found.shape));
}

std::string_view json_of(std::span<const std::byte> contents, std::uint64_t header_bytes) {
  return {reinterpret_cast<const char*>(contents.data()) + kLengthBytes, header_bytes};
}

void grow(std::vector<std::byte>& contents, const std::filesystem::path& path, std::uint64_t bytes) {
  try {
    contents.resize(bytes);
  } catch (const std::exception&) {  // bad_alloc, length_error
    refuse_reading(path, fmt::format("no memory for its {} bytes", bytes));
  }
}

bool matches(const TensorRecord& found, DType dtype, std::span<const std::int64_t> shape) {
  return found.dtype == dtype && std::equal(found.shape.begin(), found.shape.end(), shape.begin(), shape.end());
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorRecord> tensors,
                       const StringMap& metadata, FileSystemCalls& calls) {
  std::vector<TensorRecord> ordered(tensors.begin(), tensors.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const TensorRecord& a, const TensorRecord& b) { return size_of(a.dtype) > size_of(b.dtype); });
  const std::string header = header_text(ordered, metadata);
  DurableFile file(path, calls);
  file.write(header);
  for (const TensorRecord& tensor : ordered) file.write(tensor.bytes);
  file.publish();
}

SafetensorsFile SafetensorsFile::read(const std::filesystem::path& path) {
  const std::uint64_t bytes = file_bytes(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse_reading(path, std::generic_category().message(errno));
  // The header's length is checked before memory is asked for, and the header before there is memory for the data: the
  // file may be something else, and huge.
  std::vector<std::byte> contents(std::min<std::uint64_t>(bytes, kLengthBytes));
  read_exactly(file, path, contents);
  const std::uint64_t header_bytes = checked_header_bytes(path.string(), contents, bytes);
  grow(contents, path, kLengthBytes + header_bytes);
  read_exactly(file, path, std::span(contents).subspan(kLengthBytes));
  SafetensorsFile result;
  result.header_ = parse_header(path.string(), json_of(contents, header_bytes), bytes - contents.size());
  grow(contents, path, bytes);
  read_exactly(file, path, std::span(contents).subspan(kLengthBytes + header_bytes));
  result.take(path.string(), std::move(contents), header_bytes);
  return result;
}

SafetensorsFile SafetensorsFile::parse(std::string origin, std::vector<std::byte> contents) {
  const std::uint64_t header_bytes = checked_header_bytes(origin, contents, contents.size());
  SafetensorsFile file;
  file.header_ = parse_header(origin, json_of(contents, header_bytes), contents.size() - kLengthBytes - header_bytes);
  file.take(std::move(origin), std::move(contents), header_bytes);
  return file;
}

void SafetensorsFile::take(std::string origin, std::vector<std::byte> contents, std::uint64_t header_bytes) {
  origin_ = std::move(origin);
  contents_ = std::move(contents);
  header_.attach(std::span<const std::byte>(contents_).subspan(kLengthBytes + header_bytes));
}

const TensorRecord* SafetensorsFile::find(std::string_view name) const {
  const auto& all = header_.tensors;
  const auto place = std::find_if(all.begin(), all.end(), [&](const TensorRecord& t) { return t.name == name; });
  return place == all.end() ? nullptr : &*place;
}

const TensorRecord& SafetensorsFile::tensor(std::string_view name, DType dtype,
                                            std::span<const std::int64_t> shape) const {
  const TensorRecord* found = find(name);
  if (found == nullptr) {
    throw Error(ErrorCode::kWeights, fmt::format("{}: tensor {}: wanted {}, found no tensor of that name", origin_,
                                                 quoted_name(name), describe(dtype, shape)));
  }
  if (!matches(*found, dtype, shape)) {
    throw Error(ErrorCode::kWeights, fmt::format("{}: {}", origin_, mismatch(*found, dtype, shape)));
  }
  return *found;
}

void SafetensorsFile::strip_prefix(std::string_view prefix) {
  auto& all = header_.tensors;
  if (!std::all_of(all.begin(), all.end(), [&](const TensorRecord& t) { return t.name.starts_with(prefix); })) return;
  for (TensorRecord& tensor : all) tensor.name.erase(0, prefix.size());
}

void require_tensors(std::string_view origin, std::span<const TensorRecord> found, std::span<const TensorSpec> wanted) {
  std::map<std::string_view, const TensorRecord*> unexpected;
  for (const TensorRecord& tensor : found) unexpected[tensor.name] = &tensor;
  std::vector<std::string> complaints;
  for (const TensorSpec& spec : wanted) {
    const auto place = unexpected.find(spec.name);
    if (place == unexpected.end()) {
      complaints.push_back(
          fmt::format("tensor {}: wanted {}, is missing", quoted_name(spec.name), describe(spec.dtype, spec.shape)));
      continue;
    }
    if (!matches(*place->second, spec.dtype, spec.shape)) {
      complaints.push_back(mismatch(*place->second, spec.dtype, spec.shape));
    }
    unexpected.erase(place);
  }
  for (const TensorRecord& tensor : found) {
    if (unexpected.contains(tensor.name)) {
      complaints.push_back(
          fmt::format("tensor {}: unexpected {}", quoted_name(tensor.name), describe(tensor.dtype, tensor.shape)));
    }
  }
  if (complaints.empty()) return;
  throw Error(ErrorCode::kWeights, fmt::format("{}: {}", origin, fmt::join(complaints, "; ")));
}

}  // namespace kindling
