#include "engine/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/durable_file.h"
#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/support/source_path.h"

namespace kindling {
namespace {

template <class T>
TensorRecord record(std::string name, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  return {std::move(name), kDTypeOf<T>, std::move(shape), std::as_bytes(std::span(values))};
}

template <class T>
std::vector<T> values_of(const SafetensorsFile& file, std::string_view name, const std::vector<std::int64_t>& shape) {
  const TensorRecord& tensor = file.tensor(name, kDTypeOf<T>, shape);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  copy_elements(tensor, std::span(values));
  return values;
}

struct Sample {
  std::vector<float> weight = {0.5F, -1.25F, 3.0F, 4.0F, 5.0F, 6.5F};
  std::vector<std::uint8_t> image = {0, 128, 255};
  std::vector<std::int64_t> count = {391};
  std::vector<bfloat16> half = {bfloat16(1.5F), bfloat16(-2.0F)};
  std::vector<double> moment = {1e-300, -2.0};
  std::vector<std::int32_t> labels = {-7, 9};
  std::vector<float> empty;

  std::vector<TensorRecord> records() const {
    return {record("image", {3}, image),   record("conv1.weight", {2, 3}, weight), record("half", {2, 1}, half),
            record("count", {}, count),    record("moment", {2}, moment),          record("labels", {1, 2}, labels),
            record("empty", {0, 5}, empty)};
  }
  StringMap metadata() const { return {{"format", "pt"}, {"note", "line\nbreak \"quoted\" größer"}}; }
};

TEST(Safetensors, ComesBackBitByBit) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const Sample sample;
  write_safetensors(folder / "w", sample.records(), sample.metadata(), disk);
  const SafetensorsFile file = SafetensorsFile::read(folder / "w");
  EXPECT_EQ(file.metadata(), sample.metadata());
  EXPECT_EQ(file.tensors().size(), 7U);
  EXPECT_EQ(values_of<float>(file, "conv1.weight", {2, 3}), sample.weight);
  EXPECT_EQ(values_of<std::uint8_t>(file, "image", {3}), sample.image);
  EXPECT_EQ(values_of<std::int64_t>(file, "count", {}), sample.count);
  EXPECT_EQ(values_of<double>(file, "moment", {2}), sample.moment);
  EXPECT_EQ(values_of<std::int32_t>(file, "labels", {1, 2}), sample.labels);
  EXPECT_EQ(values_of<float>(file, "empty", {0, 5}), sample.empty);
  EXPECT_EQ(static_cast<float>(values_of<bfloat16>(file, "half", {2, 1})[1]), -2.0F);
}

TEST(Safetensors, EveryTensorBeginsAtAMultipleOfItsElementSize) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_safetensors(folder / "w", Sample().records(), {}, disk);
  const std::string text = text_of(folder / "w");
  const SafetensorsFile file = SafetensorsFile::read(folder / "w");
  const std::byte* begin = file.tensors().front().bytes.data() -
                           (8 + static_cast<unsigned char>(text[0]) + 256 * static_cast<unsigned char>(text[1]));
  for (const TensorRecord& tensor : file.tensors()) {
    EXPECT_EQ((tensor.bytes.data() - begin) % static_cast<std::ptrdiff_t>(size_of(tensor.dtype)), 0) << tensor.name;
  }
}

// The package of the format's authors wrote this file: tests/golden/make_safetensors.py.
TEST(Safetensors, ReadsAFileOfTheSafetensorsPackage) {
  const SafetensorsFile file = SafetensorsFile::read(test::source_path("tests/golden/safetensors_golden.safetensors"));
  EXPECT_EQ(file.metadata(), (StringMap{{"format", "pt"}, {"note", "größer"}}));
  EXPECT_EQ(file.tensors().size(), 8U);
  std::vector<float> weight(24);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i) / 8.0F;
  EXPECT_EQ(values_of<float>(file, "conv1.weight", {2, 3, 2, 2}), weight);
  EXPECT_EQ(values_of<std::int64_t>(file, "bn1.num_batches_tracked", {}), std::vector<std::int64_t>{391});
  EXPECT_EQ(values_of<double>(file, "moment", {3}), (std::vector<double>{0.1, -0.2, 1e300}));
  EXPECT_EQ(values_of<bfloat16>(file, "half", {2})[1].bits, bfloat16(-2.5F).bits);
  EXPECT_EQ(values_of<std::int32_t>(file, "labels", {2, 1}), (std::vector<std::int32_t>{3, -4}));
  EXPECT_EQ(values_of<std::uint8_t>(file, "image", {3}), (std::vector<std::uint8_t>{0, 127, 255}));
  EXPECT_EQ(values_of<float>(file, "nothing", {0, 4}), std::vector<float>{});
  EXPECT_EQ(values_of<float>(file, "naïve \"name\"", {1}), std::vector<float>{7.0F});
}

struct CommandResult {
  std::string output;
  int status = -1;
};

CommandResult run_command(const std::string& command) {
  CommandResult result;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> chunk{};
  for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) result.output.append(chunk.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

TEST(Safetensors, PyTorchReadsOurs) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_safetensors(folder / "w", Sample().records(), {{"format", "pt"}}, disk);
  const std::string script = test::source_path("tests/engine/io/read_safetensors.py");
  const CommandResult result = run_command(KINDLING_PYTHON " '" + script + "' '" + (folder / "w").string() + "'");
  constexpr int kNoPyTorch = 77;
  if (result.status == kNoPyTorch) GTEST_SKIP() << "no PyTorch for " << KINDLING_PYTHON;
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output,
            "metadata {\"format\": \"pt\"}\n"
            "conv1.weight torch.float32 [2, 3] [0.5, -1.25, 3.0, 4.0, 5.0, 6.5]\n"
            "count torch.int64 [] [391.0]\n"
            "empty torch.float32 [0, 5] []\n"
            "half torch.bfloat16 [2, 1] [1.5, -2.0]\n"
            "image torch.uint8 [3] [0.0, 128.0, 255.0]\n"
            "labels torch.int32 [1, 2] [-7.0, 9.0]\n"
            "moment torch.float64 [2] [1e-300, -2.0]\n");
}

TEST(Safetensors, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  put_text(folder / "w", "old");
  FailingDisk disk;
  disk.set_free_bytes(300);
  const std::vector<float> block(1000);
  expect_error(ErrorCode::kOutput, {(folder / "w").string(), "write", "No space left on device"},
               [&] { write_safetensors(folder / "w", std::vector{record("block", {1000}, block)}, {}, disk); });
  EXPECT_EQ(text_of(folder / "w"), "old");
  EXPECT_FALSE(std::filesystem::exists(temporary_name(folder / "w")));
}

TEST(Safetensors, WrongTypeShapeOrNameSaysWantedAndFound) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_safetensors(folder / "w", Sample().records(), {}, disk);
  const SafetensorsFile file = SafetensorsFile::read(folder / "w");
  expect_error(ErrorCode::kWeights,
               {(folder / "w").string(), "\"conv1.weight\"", "wanted F32 [3, 2]", "found F32 [2, 3]"}, [&] {
                 file.tensor("conv1.weight", DType::kF32, std::vector<std::int64_t>{3, 2});
               });
  expect_error(ErrorCode::kWeights, {"wanted F64 [2, 3]", "found F32 [2, 3]"}, [&] {
    file.tensor("conv1.weight", DType::kF64, std::vector<std::int64_t>{2, 3});
  });
  expect_error(ErrorCode::kWeights, {"\"linear.bias\"", "wanted F32 [10]", "no tensor of that name"},
               [&] { file.tensor("linear.bias", DType::kF32, std::vector<std::int64_t>{10}); });
}

TEST(Safetensors, RequireTensorsListsEverythingAtOnce) {
  const Sample sample;
  const std::vector<TensorRecord> found = {record("a", {2, 3}, sample.weight), record("b", {6}, sample.weight),
                                           record("module.x", {3}, sample.image)};
  const std::vector<TensorSpec> wanted = {
      {"a", DType::kF32, {2, 3}}, {"b", DType::kF32, {6, 1}}, {"c", DType::kI64, {}}};
  expect_error(ErrorCode::kWeights,
               {"w.safetensors: ", "\"b\": wanted F32 [6, 1], found F32 [6]", "\"c\": wanted I64 [], is missing",
                "\"module.x\": unexpected U8 [3]"},
               [&] { require_tensors("w.safetensors", found, wanted); });
  EXPECT_NO_THROW(require_tensors("w", std::span(found).first(1), std::span(wanted).first(1)));
}

TEST(Safetensors, PrefixIsStrippedOnlyIfAllHaveIt) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const std::vector<float> one(1);
  write_safetensors(folder / "all", std::vector{record("module.a", {1}, one), record("module.b", {1}, one)}, {}, disk);
  write_safetensors(folder / "some", std::vector{record("module.a", {1}, one), record("b", {1}, one)}, {}, disk);
  SafetensorsFile all = SafetensorsFile::read(folder / "all");
  SafetensorsFile some = SafetensorsFile::read(folder / "some");
  all.strip_prefix("module.");
  some.strip_prefix("module.");
  EXPECT_NE(all.find("a"), nullptr);
  EXPECT_NE(some.find("module.a"), nullptr);
}

TEST(Safetensors, UnreadablePathsAreNamed) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::kWeights, {"absent", "No such file"}, [&] { SafetensorsFile::read(folder / "absent"); });
  expect_error(ErrorCode::kWeights, {folder.path().string(), "found a folder"},
               [&] { SafetensorsFile::read(folder.path()); });
}

// A file of a terabyte (a hole) whose header speaks of 8 bytes: refused before there is memory for it.
TEST(Safetensors, AHugeFileThatItsHeaderDoesNotExplainIsNotRead) {
  const TemporaryFolder folder;
  FileSystemCalls calls;
  const std::vector<std::int64_t> count = {391};
  const TensorRecord tensors[] = {record("count", {}, count)};
  write_safetensors(folder / "huge.safetensors", tensors, {}, calls);
  std::filesystem::resize_file(folder / "huge.safetensors", std::uintmax_t{1} << 40U);
  expect_error(ErrorCode::kWeights, {"huge.safetensors", "wanted 8 data bytes, found 10995116"},
               [&] { SafetensorsFile::read(folder / "huge.safetensors"); });
}

}  // namespace
}  // namespace kindling
