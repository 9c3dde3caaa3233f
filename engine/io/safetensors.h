#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/file_system_calls.h"
#include "engine/io/safetensors_header.h"
#include "kernels/core/dtype.h"
#include "kernels/core/error.h"

namespace kindling {

// Writes a safetensors file durably (see DurableFile). Tensors of wide types come first and keep their order otherwise,
// so that each begins at a multiple of its element size, as readers that map the file want it. PyTorch's readers look
// for {"format": "pt"} in the metadata. Throws Error(kOutput); names twice or bytes that don't fit a shape are
// Error(kInternal).
void write_safetensors(const std::filesystem::path& path, std::span<const TensorRecord> tensors,
                       const StringMap& metadata, FileSystemCalls& calls);

// A safetensors file in memory, everything in it checked. Throws Error(kWeights) that names file, tensor, what was
// wanted and what was found.
class SafetensorsFile {
 public:
  static SafetensorsFile read(const std::filesystem::path& path);
  // `origin` stands for the file's name in messages.
  static SafetensorsFile parse(std::string origin, std::vector<std::byte> contents);

  const std::string& origin() const { return origin_; }
  // In the order of their data. The bytes live as long as this object, and moving it doesn't move them. Files of others
  // may hold them unaligned: copy them with copy_elements.
  const std::vector<TensorRecord>& tensors() const { return header_.tensors; }
  const StringMap& metadata() const { return header_.metadata; }

  // The tensor of that name, or nullptr.
  const TensorRecord* find(std::string_view name) const;
  // The tensor of that name, which must have this type and shape.
  const TensorRecord& tensor(std::string_view name, DType dtype, std::span<const std::int64_t> shape) const;

  // Takes `prefix` off all names if every one begins with it: torch.nn.DataParallel saves as "module.conv1.weight".
  void strip_prefix(std::string_view prefix);

 private:
  SafetensorsFile() = default;
  // The header must be there already.
  void take(std::string origin, std::vector<std::byte> contents, std::uint64_t header_bytes);

  std::string origin_;
  std::vector<std::byte> contents_;
  SafetensorsHeader header_;
};

struct TensorSpec {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
};

// Checks that `found` holds exactly the wanted tensors. Otherwise throws one Error(kWeights) that begins with `origin`
// and lists all that are missing, unexpected or of another type or shape.
void require_tensors(std::string_view origin, std::span<const TensorRecord> found, std::span<const TensorSpec> wanted);

// Copies a tensor whose type and number of elements the caller has checked.
template <class T>
void copy_elements(const TensorRecord& tensor, std::span<T> destination) {
  require(tensor.dtype == kDTypeOf<T> && tensor.bytes.size() == destination.size_bytes(),
          "copy of a tensor that doesn't fit");
  if (!tensor.bytes.empty()) std::memcpy(destination.data(), tensor.bytes.data(), tensor.bytes.size());
}

}  // namespace kindling
