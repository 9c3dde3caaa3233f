#include "engine/io/checksum.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kindling {
namespace {

class Hasher {
 public:
  Hasher() { XXH3_64bits_reset(&state_); }

  void add_integer(std::uint64_t value) { XXH3_64bits_update(&state_, &value, sizeof(value)); }
  void add_bytes(std::span<const std::byte> bytes) {
    add_integer(bytes.size());
    XXH3_64bits_update(&state_, bytes.data(), bytes.size());
  }
  void add_text(std::string_view text) { add_bytes(std::as_bytes(std::span(text))); }
  std::string digits() const { return fmt::format("{:016x}", XXH3_64bits_digest(&state_)); }

 private:
  XXH3_state_t state_;
};

}  // namespace

std::string checksum_of(std::span<const TensorRecord> tensors) {
  std::vector<const TensorRecord*> by_name;
  for (const TensorRecord& tensor : tensors) by_name.push_back(&tensor);
  std::sort(by_name.begin(), by_name.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  Hasher hasher;
  hasher.add_integer(tensors.size());
  for (const TensorRecord* tensor : by_name) {
    hasher.add_text(tensor->name);
    hasher.add_text(name_of(tensor->dtype));
    hasher.add_bytes(std::as_bytes(std::span(tensor->shape)));
    hasher.add_bytes(tensor->bytes);
  }
  return hasher.digits();
}

std::string checksum_of(const StringMap& strings) {
  Hasher hasher;
  hasher.add_integer(strings.size());
  for (const auto& [key, value] : strings) {
    hasher.add_text(key);
    hasher.add_text(value);
  }
  return hasher.digits();
}

}  // namespace kindling
