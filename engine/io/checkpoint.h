#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/file_system_calls.h"
#include "engine/io/safetensors.h"

namespace kindling {

// A checkpoint is a safetensors file. Tensor T of section S ("weights", "optimizer.momentum", ...) is called "S/T" in
// it. The file's metadata holds the caller's strings and, under names that begin with "kindling.":
//   kindling.format                 version of this layout
//   kindling.step                   optimizer steps done
//   kindling.checksum.section.S     XXH3-64, in hexadecimal, of a section: names, types, shapes and bytes
//   kindling.checksum.metadata      the same of all other metadata, the sections' checksums included
// so that a flipped bit anywhere in the file is noticed.
inline constexpr int kCheckpointFormat = 3;

// Section names hold no '/'. A section may be empty (SGD without momentum has no moments): it is kept.
struct CheckpointSection {
  std::string name;
  std::vector<TensorRecord> tensors;
};

struct CheckpointContents {
  std::int64_t step = 0;
  StringMap metadata;  // keys must not begin with "kindling."; bytes that aren't UTF-8 are replaced by U+FFFD
  std::vector<CheckpointSection> sections;
};

// Writes one durably (see DurableFile). Throws Error(kOutput).
void write_checkpoint(const std::filesystem::path& path, const CheckpointContents& contents, FileSystemCalls& calls);

// The steps by which a file is believed, for those who check only a part of one (a test that damages a large checkpoint
// in many places). All throw Error(kWeights).
// All metadata of the file but its checksum, once that is found right.
StringMap verified_metadata(const std::string& origin, StringMap metadata);
// The sections that the file's metadata has checksums for, with the tensors that the file holds for them.
std::vector<CheckpointSection> sections_of(const std::string& origin, std::span<const TensorRecord> tensors,
                                           const StringMap& metadata);
// Compares the checksum of one of them.
void require_intact(const std::string& origin, const CheckpointSection& section, const StringMap& metadata);

// A checkpoint in memory, every checksum verified. All functions throw Error(kWeights) that names the file, and the
// section, tensor or key that is damaged, missing or not as wanted.
class Checkpoint {
 public:
  static Checkpoint read(const std::filesystem::path& path);
  // `origin` stands for the file's name in messages.
  static Checkpoint parse(std::string origin, std::vector<std::byte> file);

  const std::string& origin() const { return file_.origin(); }
  std::int64_t step() const { return contents_.step; }
  // The caller's metadata.
  const StringMap& metadata() const { return contents_.metadata; }
  const std::string& metadata(const std::string& key) const;

  const std::vector<CheckpointSection>& sections() const { return contents_.sections; }
  // Tensors without the section's prefix; their bytes live as long as this object.
  const CheckpointSection& section(std::string_view name) const;
  const TensorRecord& tensor(std::string_view section, std::string_view name, DType dtype,
                             std::span<const std::int64_t> shape) const;

 private:
  explicit Checkpoint(SafetensorsFile file);

  SafetensorsFile file_;
  CheckpointContents contents_;
};

}  // namespace kindling
