#include "engine/io/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "engine/io/json_text.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kMetadataName = "__metadata__";
constexpr std::array kDTypes = {DType::kF32, DType::kF64, DType::kBF16, DType::kI32, DType::kI64, DType::kU8};

// A tensor as the header describes it, before its offsets are believed.
struct Entry {
  TensorRecord tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

[[noreturn]] void refuse(std::string_view origin, const std::string& what) {
  throw Error(ErrorCode::kWeights, fmt::format("{}: {}", origin, what));
}

[[noreturn]] void refuse_tensor(std::string_view origin, std::string_view name, const std::string& what) {
  refuse(origin, fmt::format("tensor {}: {}", quoted_name(name), what));
}

// A value from a file as it may stand in a message.
std::string found(const json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end()) return "nothing";
  const std::string text = json_text(*value);
  return text.size() <= 120 ? text : text.substr(0, 120) + "...";
}

DType dtype_of(std::string_view origin, std::string_view name, const json& description) {
  const auto value = description.find("dtype");
  if (value != description.end() && value->is_string()) {
    for (const DType dtype : kDTypes) {
      if (value->get_ref<const std::string&>() == name_of(dtype)) return dtype;
    }
  }
  refuse_tensor(origin, name,
                fmt::format("wanted dtype F32, F64, BF16, I32, I64 or U8, found {}", found(description, "dtype")));
}

// A list of integers from 0 to 2^63 - 1.
std::vector<std::int64_t> integers_of(std::string_view origin, std::string_view name, const json& description,
                                      const char* key) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto is_extent = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= kMost;
  };
  const auto list = description.find(key);
  if (list == description.end() || !list->is_array() || !std::all_of(list->begin(), list->end(), is_extent)) {
    refuse_tensor(
        origin, name,
        fmt::format("wanted {} as a list of integers from 0 to 2^63 - 1, found {}", key, found(description, key)));
  }
  return list->get<std::vector<std::int64_t>>();
}

Entry parse_entry(std::string_view origin, const std::string& name, const json& description, std::uint64_t data_bytes) {
  if (!description.is_object()) refuse_tensor(origin, name, "wanted an object with dtype, shape and data_offsets");
  Entry entry;
  entry.tensor.name = name;
  entry.tensor.dtype = dtype_of(origin, name, description);
  entry.tensor.shape = integers_of(origin, name, description, "shape");
  const std::vector<std::int64_t> offsets = integers_of(origin, name, description, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || static_cast<std::uint64_t>(offsets[1]) > data_bytes) {
    refuse_tensor(origin, name,
                  fmt::format("wanted data_offsets [begin, end] within {} data bytes, found {}", data_bytes,
                              found(description, "data_offsets")));
  }
  const std::int64_t wanted_bytes = tensor_bytes(entry.tensor.dtype, entry.tensor.shape);
  if (wanted_bytes < 0) {
    refuse_tensor(origin, name, fmt::format("shape {} has more than 2^63 - 1 bytes", found(description, "shape")));
  }
  if (offsets[1] - offsets[0] != wanted_bytes) {
    refuse_tensor(origin, name,
                  fmt::format("wanted {} bytes for {}, found {}", wanted_bytes,
                              describe(entry.tensor.dtype, entry.tensor.shape), offsets[1] - offsets[0]));
  }
  entry.begin = static_cast<std::uint64_t>(offsets[0]);
  entry.end = static_cast<std::uint64_t>(offsets[1]);
  return entry;
}

StringMap parse_metadata(std::string_view origin, const json& object) {
  if (!object.is_object()) refuse(origin, "__metadata__ is not an object");
  StringMap metadata;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) refuse(origin, fmt::format("__metadata__ {}: wanted a string", quoted_name(key)));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// Entries must be sorted by offset. Together with "inside the data" this proves that each byte belongs to one tensor.
void check_coverage(std::string_view origin, const std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::uint64_t covered = 0;
  const Entry* previous = nullptr;
  for (const Entry& entry : entries) {
    if (entry.begin < covered) {
      refuse_tensor(origin, entry.tensor.name,
                    fmt::format("wanted data from offset {} on, found {}: overlaps tensor {}", covered, entry.begin,
                                quoted_name(previous->tensor.name)));
    }
    if (entry.begin > covered) {
      refuse_tensor(origin, entry.tensor.name,
                    fmt::format("wanted data from offset {} on, found {}: a gap of {} bytes that belong to no tensor",
                                covered, entry.begin, entry.begin - covered));
    }
    covered = entry.end;
    previous = &entry;
  }
  if (covered != data_bytes) {
    refuse(origin, fmt::format("wanted {} data bytes, found {}", covered, data_bytes));
  }
}

}  // namespace

std::uint64_t checked_header_bytes(std::string_view origin, std::span<const std::byte> first_bytes,
                                   std::uint64_t file_bytes) {
  if (file_bytes < kLengthBytes || first_bytes.size() < kLengthBytes) {
    refuse(origin, fmt::format("not a safetensors file: wanted at least {} bytes, found {}", kLengthBytes, file_bytes));
  }
  std::uint64_t header_bytes = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;)
    header_bytes = header_bytes << 8U | std::to_integer<unsigned>(first_bytes[i]);
  if (header_bytes > kMaxHeaderBytes) {
    refuse(origin, fmt::format("not a safetensors file: wanted a header of at most {} bytes, found {}", kMaxHeaderBytes,
                               header_bytes));
  }
  if (header_bytes > file_bytes - kLengthBytes) {
    refuse(origin,
           fmt::format("cut short: wanted a header of {} bytes, found {}", header_bytes, file_bytes - kLengthBytes));
  }
  return header_bytes;
}

SafetensorsHeader parse_header(std::string_view origin, std::string_view text, std::uint64_t data_bytes) {
  if (text.empty() || text.front() != '{') refuse(origin, "not a safetensors file: the header doesn't begin with '{'");
  json root;
  try {
    root = parse_json_strictly(text);
  } catch (const std::runtime_error& error) {
    refuse(origin, fmt::format("the header is damaged: {}", error.what()));
  }
  SafetensorsHeader header;
  std::vector<Entry> entries;
  for (const auto& [name, value] : root.items()) {
    if (name == kMetadataName) {
      header.metadata = parse_metadata(origin, value);
    } else {
      entries.push_back(parse_entry(origin, name, value, data_bytes));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.tensor.name) < std::tie(b.begin, b.end, b.tensor.name);
  });
  check_coverage(origin, entries, data_bytes);
  for (Entry& entry : entries) header.tensors.push_back(std::move(entry.tensor));
  return header;
}

// The tensors lie in this order and without gaps, which parse_header has checked.
void SafetensorsHeader::attach(std::span<const std::byte> data) {
  for (TensorRecord& tensor : tensors) {
    const auto bytes = static_cast<std::size_t>(tensor_bytes(tensor.dtype, tensor.shape));
    tensor.bytes = data.first(bytes);
    data = data.subspan(bytes);
  }
}

std::string header_text(std::span<const TensorRecord> tensors, const StringMap& metadata) {
  ordered_json root = ordered_json::object();
  if (!metadata.empty()) root[kMetadataName] = metadata;
  std::size_t offset = 0;
  for (const TensorRecord& tensor : tensors) {
    require(tensor.name != kMetadataName && !root.contains(tensor.name), "two tensors of one name in a file");
    require(tensor_bytes(tensor.dtype, tensor.shape) == static_cast<std::int64_t>(tensor.bytes.size()),
            "a tensor's bytes don't fit its shape");
    const std::size_t end = offset + tensor.bytes.size();
    root[tensor.name] = {{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string header = json_text(root);
  header.resize((header.size() + 7) / 8 * 8, ' ');
  require(header.size() <= kMaxHeaderBytes, "a safetensors header of more than 100 MB");
  std::string text;
  for (unsigned i = 0; i < kLengthBytes; ++i) text += static_cast<char>(header.size() >> (8 * i) & 0xffU);
  return text + header;
}

std::int64_t tensor_bytes(DType dtype, std::span<const std::int64_t> shape) {
  // A zero extent makes the product zero, whatever the other extents would overflow to.
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent < 0; })) return -1;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t extent : shape) {
    if (bytes > std::numeric_limits<std::int64_t>::max() / extent) return -1;
    bytes *= extent;
  }
  return bytes;
}

std::string describe(DType dtype, std::span<const std::int64_t> shape) {
  return fmt::format("{} [{}]", name_of(dtype), fmt::join(shape, ", "));
}

}  // namespace kindling
