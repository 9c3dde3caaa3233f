#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/core/dtype.h"

namespace kindling {

// A named tensor whose elements lie elsewhere: row-major, little-endian, dense.
struct TensorRecord {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::span<const std::byte> bytes;
};

using StringMap = std::map<std::string, std::string>;

// The header of a safetensors file (github.com/huggingface/safetensors, README, "Format"):
//   8 bytes   N, unsigned, little-endian
//   N bytes   JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}, ...,
//             "__metadata__": {"KEY": "VALUE", ...}}, begins with '{', may end in spaces
//   the rest  the data; offsets count from its first byte, and the tensors cover it without gap or overlap
inline constexpr std::size_t kLengthBytes = 8;
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

struct SafetensorsHeader {
  std::vector<TensorRecord> tensors;  // in the order of their data
  StringMap metadata;

  // Sets `bytes` of every tensor; `data` has as many bytes as parse_header was told.
  void attach(std::span<const std::byte> data);
};

// N, after checking it against the limit and the length of the file. Throws Error(kWeights), as parse_header does;
// `origin` names the file in messages.
std::uint64_t checked_header_bytes(std::string_view origin, std::span<const std::byte> first_bytes,
                                   std::uint64_t file_bytes);

// Checks everything the format demands before it believes it: JSON, no name twice, types known, shapes without
// overflow, lengths that fit them, all `data_bytes` covered exactly once. Types other than those of DType are refused.
// The tensors' bytes are left to attach: no memory for data is needed to find a header unfit.
SafetensorsHeader parse_header(std::string_view origin, std::string_view text, std::uint64_t data_bytes);

// Length and JSON for tensors that will be written in this order, padded so that the data begins at a multiple of 8.
std::string header_text(std::span<const TensorRecord> tensors, const StringMap& metadata);

// Bytes of a tensor, or -1 if an extent is negative or the product exceeds 63 bits.
std::int64_t tensor_bytes(DType dtype, std::span<const std::int64_t> shape);

// For example "F32 [64, 3, 3, 3]".
std::string describe(DType dtype, std::span<const std::int64_t> shape);

}  // namespace kindling
