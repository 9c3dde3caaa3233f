// A checkpoint of the full network, damaged at random places, in memory. Reading 90 MB anew for each would take hours,
// so only what a reader compares with the place is checked: the header, or the checksum of the section.
// KINDLING_SHARDS tests of KINDLING_EDITS edits each; the seed of each is its number.

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "engine/io/checkpoint.h"
#include "engine/resnet18.h"

namespace kindling {
namespace {

using testing::HasSubstr;

constexpr const char* kOrigin = "full";

class FullCheckpoint : public testing::TestWithParam<int> {
 protected:
  // Weights and momentum of ResNet-18 at width 64, as random bytes, written as a run writes them and read into file_.
  static void SetUpTestSuite() {
    NetworkBuilder builder;
    const ResNet18 network(builder, {.width = 64});
    CheckpointContents contents{.step = 391, .metadata = {{"options", "{}"}}, .sections = {{"weights", {}}, {"m", {}}}};
    std::vector<std::byte> bytes(static_cast<std::size_t>(builder.parameters.parameter_arena_size()) * sizeof(float));
    std::mt19937_64 random(1);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random()); });
    for (CheckpointSection& section : contents.sections) {
      for (const ParameterInfo& info : builder.parameters.parameters()) {
        const auto at = static_cast<std::size_t>(info.offset) * sizeof(float);
        const auto size = static_cast<std::size_t>(info.size) * sizeof(float);
        section.tensors.push_back({info.name, DType::kF32, info.shape, std::span(bytes).subspan(at, size)});
      }
    }
    const std::filesystem::path path = testing::TempDir() + "kindling_full_checkpoint_" + std::to_string(getpid());
    FileSystemCalls calls;
    write_checkpoint(path, contents, calls);
    file_.resize(std::filesystem::file_size(path));
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(file_.data()), static_cast<std::streamsize>(file_.size()));
    std::filesystem::remove(path);
  }
  static void TearDownTestSuite() { file_ = {}; }

  void SetUp() override {
    header_ = read_header(file_.size());
    data_begin_ = static_cast<std::size_t>(header_.tensors.front().bytes.data() - file_.data());
    sections_ = sections_of(kOrigin, header_.tensors, verified_metadata(kOrigin, header_.metadata));
    for (const CheckpointSection& section : sections_) require_intact(kOrigin, section, header_.metadata);
  }

  // Of the file cut to so many bytes.
  static SafetensorsHeader read_header(std::size_t file_bytes) {
    const std::span<const std::byte> all(file_.data(), file_bytes);
    const std::uint64_t bytes = checked_header_bytes(kOrigin, all, all.size());
    const std::string_view json(reinterpret_cast<const char*>(all.data()) + kLengthBytes, bytes);
    const std::span<const std::byte> data = all.subspan(kLengthBytes + bytes);
    SafetensorsHeader header = parse_header(kOrigin, json, data.size());
    header.attach(data);
    return header;
  }

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  // Changes some of these bytes, as memory, disks and people do; what was there before comes back.
  std::vector<std::byte> edit(std::span<std::byte> place) {
    std::vector<std::byte> before(place.begin(), place.end());
    const std::size_t begin = below(place.size());
    const auto some = [&](std::size_t most) { return place.subspan(begin, std::min(most, place.size() - begin)); };
    switch (below(5)) {
      case 0:  // a bit
        place[begin] ^= static_cast<std::byte>(1U << below(8));
        break;
      case 1:  // other bytes
        for (std::byte& byte : some(1 + below(64))) byte = static_cast<std::byte>(random_());
        break;
      case 2:  // a sector that was never written
        for (std::byte& byte : some(512)) byte = std::byte{0};
        break;
      case 3:  // a page that was written to the wrong place
        copy_from_elsewhere(some(4096));
        break;
      default: {  // bytes that moved by one
        const std::span<std::byte> moved = some(4096);
        std::rotate(moved.begin(), moved.begin() + 1, moved.end());
      }
    }
    return before;
  }

  void copy_from_elsewhere(std::span<std::byte> place) {
    const std::span<const std::byte> source =
        std::span(file_).subspan(below(file_.size() - place.size()), place.size());
    const std::vector<std::byte> bytes(source.begin(), source.end());
    std::copy(bytes.begin(), bytes.end(), place.begin());
  }

  // Whether a reader sees that the header was edited: it doesn't parse, the metadata's checksum is wrong, or a section
  // that isn't as it was. What reads as the same (another blank of JSON) needs no notice.
  bool header_edit_is_noticed() {
    try {
      const SafetensorsHeader header = read_header(file_.size());
      const StringMap metadata = verified_metadata(kOrigin, header.metadata);
      const std::vector<CheckpointSection> sections = sections_of(kOrigin, header.tensors, metadata);
      for (std::size_t i = 0; i < std::min(sections.size(), sections_.size()); ++i) {
        if (!is_same(sections[i], sections_[i])) require_intact(kOrigin, sections[i], metadata);
      }
      return metadata == verified_metadata(kOrigin, header_.metadata) &&
             std::equal(sections.begin(), sections.end(), sections_.begin(), sections_.end(), is_same);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kWeights);
      EXPECT_THAT(error.what(), HasSubstr(kOrigin));
      return true;
    }
  }

  static bool is_same(const CheckpointSection& a, const CheckpointSection& b) {
    return a.name == b.name && std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                                          [](const TensorRecord& x, const TensorRecord& y) {
                                            return x.name == y.name && x.dtype == y.dtype && x.shape == y.shape &&
                                                   x.bytes.data() == y.bytes.data();
                                          });
  }

  bool data_edit_is_noticed(const CheckpointSection& section) {
    try {
      require_intact(kOrigin, section, header_.metadata);
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kWeights);
      EXPECT_THAT(error.what(), HasSubstr(std::string(kOrigin) + ": section \"" + section.name + "\" is damaged"));
      return true;
    }
  }

  static std::vector<std::byte> file_;
  SafetensorsHeader header_;  // of the file as it should be; refers to file_, as sections_ do
  std::size_t data_begin_ = 0;
  std::vector<CheckpointSection> sections_;
  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
};

std::vector<std::byte> FullCheckpoint::file_;

TEST_P(FullCheckpoint, RandomEditsAreNoticed) {
  for (int done = 0; done < KINDLING_EDITS;) {
    const bool is_header = below(8) == 0;
    const CheckpointSection& section = sections_[below(sections_.size())];
    const TensorRecord& tensor = section.tensors[below(section.tensors.size())];
    const auto begin = is_header ? 0 : static_cast<std::size_t>(tensor.bytes.data() - file_.data());
    const std::span<std::byte> whole = std::span(file_).subspan(begin, is_header ? data_begin_ : tensor.bytes.size());
    const std::span<std::byte> place = whole.subspan(below(whole.size()));
    const std::span<std::byte> near = place.first(std::min<std::size_t>(place.size(), 8192));
    const std::vector<std::byte> before = edit(near);
    if (std::equal(before.begin(), before.end(), near.begin())) continue;  // zeros over zeros
    ++done;
    EXPECT_TRUE(is_header ? header_edit_is_noticed() : data_edit_is_noticed(section))
        << "edit " << done << " of seed " << GetParam() << ", near byte " << near.data() - file_.data();
    std::copy(before.begin(), before.end(), near.begin());
  }
}

TEST_P(FullCheckpoint, RandomTruncationsAreNoticed) {
  for (int done = 0; done < KINDLING_EDITS; ++done) {
    const std::size_t bytes = below(done % 2 == 0 ? file_.size() : data_begin_);
    try {
      read_header(bytes);
      ADD_FAILURE() << "cut to " << bytes << " of " << file_.size() << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kWeights);
      EXPECT_THAT(error.what(), HasSubstr(kOrigin));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FullCheckpoint, testing::Range(1, 1 + KINDLING_SHARDS));

}  // namespace
}  // namespace kindling
