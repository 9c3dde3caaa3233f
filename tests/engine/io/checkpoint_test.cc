#include "engine/io/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/checksum.h"
#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/sample_checkpoint.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// The bytes of a sample checkpoint's file.
std::string sample_file() {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const SampleCheckpoint sample(391);
  write_checkpoint(folder / "c", sample.contents(), disk);
  return text_of(folder / "c");
}

bool is_refused(const std::string& file) {
  try {
    Checkpoint::parse("c", bytes_of(file));
    return false;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kWeights;
  }
}

TEST(Checkpoint, ComesBackAsItWas) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const SampleCheckpoint sample(391);
  write_checkpoint(folder / "c", sample.contents(), disk);
  const Checkpoint checkpoint = Checkpoint::read(folder / "c");
  EXPECT_EQ(checkpoint.step(), 391);
  EXPECT_EQ(checkpoint.metadata(), sample.metadata);
  EXPECT_EQ(checkpoint.metadata("seed"), "1");
  ASSERT_EQ(checkpoint.sections().size(), 3U);
  EXPECT_TRUE(checkpoint.section("optimizer.momentum").tensors.empty());
  EXPECT_EQ(checkpoint.section("weights").tensors.size(), 2U);
  const TensorRecord& weight =
      checkpoint.tensor("weights", "conv1.weight", DType::kF32, std::vector<std::int64_t>{2, 3});
  std::vector<float> values(6);
  copy_elements<float>(weight, values);
  EXPECT_EQ(values, sample.weight);
}

TEST(Checkpoint, MovesWithItsTensors) {
  Checkpoint first = Checkpoint::parse("c", bytes_of(sample_file()));
  const std::byte* bytes = first.section("weights").tensors[0].bytes.data();
  const Checkpoint second = std::move(first);
  EXPECT_EQ(second.section("weights").tensors[0].bytes.data(), bytes);
}

TEST(Checkpoint, TextThatIsNotUtf8IsReplacedAndStillVerified) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_checkpoint(folder / "c", {.step = 1, .metadata = {{"path", "caf\xe9"}}, .sections = {}}, disk);
  EXPECT_EQ(Checkpoint::read(folder / "c").metadata("path"), "caf\xef\xbf\xbd");
}

TEST(Checkpoint, EveryTruncationIsNoticed) {
  const std::string file = sample_file();
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_TRUE(is_refused(file.substr(0, length))) << "cut to " << length << " of " << file.size() << " bytes";
  }
  EXPECT_TRUE(is_refused(file + '\0'));
  EXPECT_FALSE(is_refused(file));
}

TEST(Checkpoint, EveryFlippedBitIsNoticed) {
  const std::string file = sample_file();
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string damaged = file;
    damaged[bit / 8] = std::bit_cast<char>(
        static_cast<std::uint8_t>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1U << (bit % 8))));
    EXPECT_TRUE(is_refused(damaged)) << "bit " << bit % 8 << " of byte " << bit / 8;
  }
}

TEST(Checkpoint, DamageIsNamed) {
  const std::string file = sample_file();
  std::string damaged = file;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);  // uint8 data come last: the metrics
  expect_error(ErrorCode::kWeights, {"c: section \"metrics\" is damaged"},
               [&] { Checkpoint::parse("c", bytes_of(damaged)); });
  damaged = file;
  damaged.replace(damaged.find("\"seed\":\"1\""), 10, "\"seed\":\"2\"");
  expect_error(ErrorCode::kWeights, {"c: the metadata is damaged"}, [&] { Checkpoint::parse("c", bytes_of(damaged)); });
}

TEST(Checkpoint, MissingThingsAreNamed) {
  const Checkpoint checkpoint = Checkpoint::parse("c", bytes_of(sample_file()));
  expect_error(ErrorCode::kWeights, {"c: wanted section \"moments\""}, [&] { checkpoint.section("moments"); });
  expect_error(ErrorCode::kWeights, {"c: wanted \"epoch\" in the metadata"}, [&] { checkpoint.metadata("epoch"); });
  expect_error(ErrorCode::kWeights, {"\"weights/conv1.weight\"", "wanted F32 [3, 3], found F32 [2, 3]"}, [&] {
    checkpoint.tensor("weights", "conv1.weight", DType::kF32, std::vector<std::int64_t>{3, 3});
  });
  expect_error(ErrorCode::kWeights, {"\"weights/conv9.weight\"", "no tensor of that name"}, [&] {
    checkpoint.tensor("weights", "conv9.weight", DType::kF32, std::vector<std::int64_t>{3, 3});
  });
}

TEST(Checkpoint, OtherFormatsAndOtherFilesAreRefused) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_safetensors(folder / "new", {}, {{"kindling.format", "99"}}, disk);
  expect_error(ErrorCode::kWeights,
               {(folder / "new").string(), "wanted a checkpoint of format 3", "found format \"99\""},
               [&] { Checkpoint::read(folder / "new"); });
  write_safetensors(folder / "weights", {}, {{"format", "pt"}}, disk);
  expect_error(ErrorCode::kWeights, {(folder / "weights").string(), "not a checkpoint of Kindling"},
               [&] { Checkpoint::read(folder / "weights"); });
}

// A file whose checksums are right but which no Kindling wrote.
TEST(Checkpoint, ATensorOfNoSectionOrAStepThatIsNoNumberIsRefused) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const std::vector<float> one(1);
  const std::vector<TensorRecord> stray = {{"stray", DType::kF32, {1}, std::as_bytes(std::span(one))}};
  StringMap metadata = {{"kindling.format", std::to_string(kCheckpointFormat)}, {"kindling.step", "4"}};
  metadata["kindling.checksum.metadata"] = checksum_of(metadata);
  write_safetensors(folder / "a", stray, metadata, disk);
  expect_error(ErrorCode::kWeights, {"\"stray\" belongs to no section"}, [&] { Checkpoint::read(folder / "a"); });
  for (const char* step : {"", "4x", "-1", "99999999999999999999"}) {
    metadata = {{"kindling.format", std::to_string(kCheckpointFormat)}, {"kindling.step", step}};
    metadata["kindling.checksum.metadata"] = checksum_of(metadata);
    write_safetensors(folder / "b", {}, metadata, disk);
    expect_error(ErrorCode::kWeights, {"kindling.step"}, [&] { Checkpoint::read(folder / "b"); });
  }
}

TEST(Checksum, DependsOnNameTypeShapeAndBytesButNotOnOrder) {
  const std::vector<float> values = {1, 2, 3, 4};
  const auto bytes = std::as_bytes(std::span(values));
  const TensorRecord a{"a", DType::kF32, {4}, bytes};
  const TensorRecord b{"b", DType::kF32, {4}, bytes};
  const auto of = [](std::vector<TensorRecord> tensors) { return checksum_of(tensors); };
  EXPECT_EQ(of({a, b}), of({b, a}));
  EXPECT_NE(of({a}), of({b}));
  EXPECT_NE(of({a}), of({{"a", DType::kF32, {2, 2}, bytes}}));
  EXPECT_NE(of({a}), of({{"a", DType::kI32, {4}, bytes}}));
  EXPECT_NE(checksum_of(StringMap{{"a", "bc"}}), checksum_of(StringMap{{"ab", "c"}}));
}

}  // namespace
}  // namespace kindling
