// A safetensors file. What is accepted must come back the same from a file of our own.

#include "engine/io/safetensors.h"

#include <algorithm>
#include <vector>

#include "tests/fuzz/harness.h"

namespace kindling {
namespace {

std::vector<std::byte> file_of(std::span<const TensorRecord> tensors, const StringMap& metadata) {
  const std::string header = header_text(tensors, metadata);
  const auto text = std::as_bytes(std::span(header));
  std::vector<std::byte> file(text.begin(), text.end());
  for (const TensorRecord& tensor : tensors) file.insert(file.end(), tensor.bytes.begin(), tensor.bytes.end());
  return file;
}

bool are_same(const TensorRecord& a, const TensorRecord& b) {
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape &&
         std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
}

void check(const SafetensorsFile& file, std::size_t size) {
  std::size_t data_bytes = 0;
  for (const TensorRecord& tensor : file.tensors()) data_bytes += tensor.bytes.size();
  fuzz::promise(data_bytes + kLengthBytes <= size, "no more data than the file has");

  const SafetensorsFile again = SafetensorsFile::parse("again", file_of(file.tensors(), file.metadata()));
  fuzz::promise(again.metadata() == file.metadata(), "the same metadata");
  for (const TensorRecord& tensor : file.tensors()) {
    const TensorRecord* found = again.find(tensor.name);
    fuzz::promise(found != nullptr && are_same(*found, tensor), "the same tensors", tensor.name);
  }
  SafetensorsFile stripped = SafetensorsFile::parse("stripped", file_of(file.tensors(), file.metadata()));
  stripped.strip_prefix("module.");
}

}  // namespace
}  // namespace kindling

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  static const fuzz::Folder folder;
  const auto bytes = std::as_bytes(std::span(data, size));
  std::size_t tensors = 0;
  const bool is_parsed = fuzz::accepts(ErrorCode::kWeights, [&] {
    const SafetensorsFile file = SafetensorsFile::parse("input", {bytes.begin(), bytes.end()});
    tensors = file.tensors().size();
    check(file, size);
  });
  const std::filesystem::path path = folder.put("input.safetensors", fuzz::text_of(data, size));
  const bool is_read = fuzz::accepts(ErrorCode::kWeights, [&] {
    fuzz::promise(SafetensorsFile::read(path).tensors().size() == tensors, "a file is read as it is parsed");
  });
  fuzz::promise(is_read == is_parsed, "a file is accepted where its bytes are");
  return 0;
}
