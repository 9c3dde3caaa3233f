#include "engine/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "engine/io/checksum.h"
#include "engine/io/json_text.h"

namespace kindling {
namespace {

constexpr std::string_view kOwnPrefix = "kindling.";
constexpr const char* kFormatKey = "kindling.format";
constexpr const char* kStepKey = "kindling.step";
constexpr std::string_view kSectionChecksumPrefix = "kindling.checksum.section.";
constexpr const char* kMetadataChecksumKey = "kindling.checksum.metadata";

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw Error(ErrorCode::kWeights, fmt::format("{}: {}", origin, what));
}

void check_format(const SafetensorsFile& file) {
  const auto format = file.metadata().find(kFormatKey);
  if (format == file.metadata().end()) {
    refuse(file.origin(), fmt::format("not a checkpoint of Kindling: no {} in its metadata", kFormatKey));
  }
  if (format->second != std::to_string(kCheckpointFormat)) {
    refuse(file.origin(), fmt::format("wanted a checkpoint of format {}, found format {}", kCheckpointFormat,
                                      quoted_name(format->second)));
  }
}

std::int64_t step_of(const SafetensorsFile& file, const StringMap& metadata) {
  const auto text = metadata.find(kStepKey);
  std::int64_t step = -1;
  if (text != metadata.end()) {
    const std::string& digits = text->second;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (error != std::errc() || end != digits.data() + digits.size()) step = -1;
  }
  if (step < 0) refuse(file.origin(), fmt::format("wanted the number of steps in {}", kStepKey));
  return step;
}

}  // namespace

StringMap verified_metadata(const std::string& origin, StringMap metadata) {
  const auto checksum = metadata.extract(kMetadataChecksumKey);
  const std::string wanted = checksum.empty() ? "nothing" : checksum.mapped();
  if (const std::string actual = checksum_of(metadata); actual != wanted) {
    refuse(origin, fmt::format("the metadata is damaged: its checksum is {}, and the file says {}", actual,
                               quoted_name(wanted)));
  }
  return metadata;
}

std::vector<CheckpointSection> sections_of(const std::string& origin, std::span<const TensorRecord> tensors,
                                           const StringMap& metadata) {
  std::vector<CheckpointSection> sections;
  for (const auto& [key, checksum] : metadata) {
    if (key.starts_with(kSectionChecksumPrefix)) sections.push_back({key.substr(kSectionChecksumPrefix.size()), {}});
  }
  for (const TensorRecord& tensor : tensors) {
    const std::size_t slash = tensor.name.find('/');
    const std::string_view name = std::string_view(tensor.name).substr(0, slash);
    const auto section = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name == name; });
    if (slash == std::string::npos || section == sections.end()) {
      refuse(origin, fmt::format("tensor {} belongs to no section", quoted_name(tensor.name)));
    }
    section->tensors.push_back(tensor);
    section->tensors.back().name.erase(0, slash + 1);
  }
  return sections;
}

void require_intact(const std::string& origin, const CheckpointSection& section, const StringMap& metadata) {
  const std::string& wanted = metadata.at(std::string(kSectionChecksumPrefix) + section.name);
  if (const std::string actual = checksum_of(section.tensors); actual != wanted) {
    refuse(origin, fmt::format("section {} is damaged: its checksum is {}, and the file says {}",
                               quoted_name(section.name), actual, quoted_name(wanted)));
  }
}

void write_checkpoint(const std::filesystem::path& path, const CheckpointContents& contents, FileSystemCalls& calls) {
  StringMap metadata;
  for (const auto& [key, value] : contents.metadata) {
    require(!key.starts_with(kOwnPrefix), "a metadata key of a checkpoint that begins with kindling.");
    metadata[as_utf8(key)] = as_utf8(value);  // as the file will give it back: the checksum must fit that
  }
  metadata[kFormatKey] = std::to_string(kCheckpointFormat);
  metadata[kStepKey] = std::to_string(contents.step);
  std::vector<TensorRecord> tensors;
  for (const CheckpointSection& section : contents.sections) {
    require(section.name.find('/') == std::string::npos, "a section name with '/'");
    const bool is_new =
        metadata.emplace(std::string(kSectionChecksumPrefix) + section.name, checksum_of(section.tensors)).second;
    require(is_new, "two sections of one name in a checkpoint");
    for (const TensorRecord& tensor : section.tensors) {
      tensors.push_back(tensor);
      tensors.back().name = section.name + "/" + tensor.name;
    }
  }
  metadata[kMetadataChecksumKey] = checksum_of(metadata);
  write_safetensors(path, tensors, metadata, calls);
}

Checkpoint Checkpoint::read(const std::filesystem::path& path) {
  return Checkpoint(SafetensorsFile::read(path));
}

Checkpoint Checkpoint::parse(std::string origin, std::vector<std::byte> file) {
  return Checkpoint(SafetensorsFile::parse(std::move(origin), std::move(file)));
}

Checkpoint::Checkpoint(SafetensorsFile file) : file_(std::move(file)) {
  check_format(file_);  // first: another format may keep its checksums elsewhere
  const StringMap metadata = verified_metadata(origin(), file_.metadata());
  contents_.step = step_of(file_, metadata);
  contents_.sections = sections_of(origin(), file_.tensors(), metadata);
  for (const CheckpointSection& section : contents_.sections) require_intact(origin(), section, metadata);
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(kOwnPrefix)) contents_.metadata.emplace(key, value);
  }
}

const std::string& Checkpoint::metadata(const std::string& key) const {
  const auto value = contents_.metadata.find(key);
  if (value == contents_.metadata.end())
    refuse(origin(), fmt::format("wanted {} in the metadata, found nothing", quoted_name(key)));
  return value->second;
}

const CheckpointSection& Checkpoint::section(std::string_view name) const {
  const auto& all = contents_.sections;
  const auto place = std::find_if(all.begin(), all.end(), [&](const CheckpointSection& s) { return s.name == name; });
  if (place == all.end())
    refuse(origin(), fmt::format("wanted section {}, found no section of that name", quoted_name(name)));
  return *place;
}

const TensorRecord& Checkpoint::tensor(std::string_view section, std::string_view name, DType dtype,
                                       std::span<const std::int64_t> shape) const {
  this->section(section);  // a missing section is the better message
  return file_.tensor(fmt::format("{}/{}", section, name), dtype, shape);
}

}  // namespace kindling
