#include "engine/io/safetensors_header.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/safetensors.h"
#include "tests/engine/io/expect_error.h"

namespace kindling {
namespace {

// A file with this header and so many bytes of data.
std::vector<std::byte> file_with(const std::string& json, std::size_t data_bytes, std::uint64_t header_bytes) {
  std::vector<std::byte> contents;
  for (unsigned i = 0; i < 8; ++i) contents.push_back(static_cast<std::byte>(header_bytes >> (8 * i)));
  for (const char c : json) contents.push_back(static_cast<std::byte>(c));
  contents.resize(contents.size() + data_bytes);
  return contents;
}

SafetensorsFile parse(const std::string& json, std::size_t data_bytes) {
  return SafetensorsFile::parse("file.safetensors", file_with(json, data_bytes, json.size()));
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

void expect_refused(const std::vector<std::string>& parts, const std::string& json, std::size_t data_bytes) {
  std::vector<std::string> all = parts;
  all.emplace_back("file.safetensors");
  expect_error(ErrorCode::kWeights, all, [&] { parse(json, data_bytes); });
}

TEST(SafetensorsHeader, AcceptsWhatTheFormatAllows) {
  EXPECT_TRUE(parse("{}", 0).tensors().empty());
  EXPECT_TRUE(parse("{}   \n", 0).tensors().empty());
  EXPECT_TRUE(parse(R"({"__metadata__":{}})", 0).metadata().empty());
  // Names in any order; tensors without elements anywhere.
  const SafetensorsFile file =
      parse(R"({"b":)" + tensor("F32", "[1]", "[4,8]") + R"(,"e":)" + tensor("U8", "[3,0]", "[4,4]") + R"(,"a":)" +
                tensor("F32", "[]", "[0,4]") + "}",
            8);
  ASSERT_EQ(file.tensors().size(), 3U);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].name, "e");
  EXPECT_EQ(file.tensors()[2].name, "b");
}

TEST(SafetensorsHeader, BadLengths) {
  const auto parse_bytes = [](std::vector<std::byte> contents) {
    SafetensorsFile::parse("file.safetensors", std::move(contents));
  };
  expect_error(ErrorCode::kWeights, {"wanted at least 8 bytes, found 7"},
               [&] { parse_bytes(std::vector<std::byte>(7)); });
  expect_error(ErrorCode::kWeights, {"wanted a header of 3 bytes, found 2"},
               [&] { parse_bytes(file_with("{}", 0, 3)); });
  expect_error(ErrorCode::kWeights, {"at most 100000000 bytes, found 100000001"},
               [&] { parse_bytes(file_with("{}", 0, 100'000'001)); });
  expect_error(ErrorCode::kWeights, {"found 18446744073709551615"}, [&] { parse_bytes(file_with("{}", 0, ~0ULL)); });
  expect_error(ErrorCode::kWeights, {"doesn't begin with '{'"}, [&] { parse_bytes(file_with("", 8, 0)); });
}

TEST(SafetensorsHeader, BadJson) {
  expect_refused({"doesn't begin with '{'"}, " {}", 0);
  expect_refused({"doesn't begin with '{'"}, "[]", 0);
  expect_refused({"not JSON"}, "{", 0);
  expect_refused({"not JSON"}, "{} x", 0);
  expect_refused({"zero byte"}, std::string("{}\0 ", 4), 0);
  expect_refused({"not JSON"}, "{\"\xff\":1}", 0);
  expect_refused({"not JSON"}, "{" + std::string(100'000, '['), 0);
  expect_refused({"\"a\" occurs twice"},
                 R"({"a":)" + tensor("U8", "[1]", "[0,1]") + R"(,"a":)" + tensor("U8", "[1]", "[1,2]") + "}", 2);
  expect_refused({"\"dtype\" occurs twice"}, R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                 1);
  expect_refused({"beyond the range of a double"}, R"({"a":1e999})", 1);
}

// A message shows what was found, and printing nested values takes stack for each level.
TEST(SafetensorsHeader, TooDeepOrTooMany) {
  const auto with_dtype = [](const std::string& dtype) {
    return R"({"a":{"dtype":)" + dtype + R"(,"shape":[1],"data_offsets":[0,1]}})";
  };
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  expect_refused({"wanted dtype", "found [[["}, with_dtype(nested(60)), 1);
  expect_refused({"nested more than 64 deep"}, with_dtype(nested(70)), 1);
  expect_refused({"nested more than 64 deep"}, with_dtype(nested(1'000'000)), 1);
  std::string many = "0";
  for (int i = 0; i < 1'000'000; ++i) many += ",0";
  expect_refused({"more than 1000000 values"}, with_dtype("[" + many + "]"), 1);
}

TEST(SafetensorsHeader, BadMetadata) {
  expect_refused({"__metadata__ is not an object"}, R"({"__metadata__":[]})", 0);
  expect_refused({"\"step\"", "wanted a string"}, R"({"__metadata__":{"step":1}})", 0);
}

TEST(SafetensorsHeader, BadTensorDescriptions) {
  expect_refused({"\"a\"", "wanted an object"}, R"({"a":3})", 0);
  expect_refused({"\"a\"", "wanted dtype", "\"F16\""}, R"({"a":)" + tensor("F16", "[1]", "[0,2]") + "}", 2);
  expect_refused({"wanted dtype", "found nothing"}, R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1);
  expect_refused({"wanted dtype", "found 3"}, R"({"a":{"dtype":3,"shape":[1],"data_offsets":[0,1]}})", 1);
  expect_refused({"wanted shape", "found [-1]"}, R"({"a":)" + tensor("U8", "[-1]", "[0,1]") + "}", 1);
  expect_refused({"wanted shape", "found [1.0]"}, R"({"a":)" + tensor("U8", "[1.0]", "[0,1]") + "}", 1);
  expect_refused({"wanted shape", "found [9223372036854775808]"},
                 R"({"a":)" + tensor("U8", "[9223372036854775808]", "[0,1]") + "}", 1);
  expect_refused({"wanted shape", "found 1"}, R"({"a":)" + tensor("U8", "1", "[0,1]") + "}", 1);
  expect_refused({"wanted data_offsets", "found nothing"}, R"({"a":{"dtype":"U8","shape":[1]}})", 1);
  expect_refused({"control \\n character"}, R"({"control \n character":3})", 0);
}

TEST(SafetensorsHeader, ShapesThatOverflow) {
  expect_refused({"more than 2^63 - 1 bytes"}, R"({"a":)" + tensor("F32", "[4611686018427387904]", "[0,0]") + "}", 0);
  expect_refused({"more than 2^63 - 1 bytes"}, R"({"a":)" + tensor("U8", "[4294967296,4294967296]", "[0,0]") + "}", 0);
  EXPECT_EQ(tensor_bytes(DType::kU8, std::vector<std::int64_t>{INT64_MAX}), INT64_MAX);
  EXPECT_EQ(tensor_bytes(DType::kF64, std::vector<std::int64_t>{INT64_MAX, INT64_MAX, 0}), 0);
  EXPECT_EQ(tensor_bytes(DType::kU8, std::vector<std::int64_t>{-1, 0}), -1);
}

TEST(SafetensorsHeader, BadOffsets) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":)" + tensor("F32", "[2]", a) + R"(,"b":)" + tensor("F32", "[2]", b) + "}";
  };
  EXPECT_EQ(parse(two("[0,8]", "[8,16]"), 16).tensors().size(), 2U);
  expect_refused({"\"b\"", "overlaps tensor \"a\"", "from offset 8", "found 4"}, two("[0,8]", "[4,12]"), 12);
  expect_refused({"\"b\"", "overlaps tensor \"a\""}, two("[0,8]", "[0,8]"), 8);
  expect_refused({"\"b\"", "a gap of 4 bytes"}, two("[0,8]", "[12,20]"), 20);
  expect_refused({"\"a\"", "a gap of 4 bytes"}, two("[4,12]", "[12,20]"), 20);
  expect_refused({"wanted 16 data bytes, found 17"}, two("[0,8]", "[8,16]"), 17);
  expect_refused({"\"b\"", "within 15 data bytes", "[8,16]"}, two("[0,8]", "[8,16]"), 15);
  expect_refused({"\"b\"", "found [16,8]"}, two("[0,8]", "[16,8]"), 16);
  expect_refused({"\"b\"", "found [8]"}, two("[0,8]", "[8]"), 16);
  expect_refused({"\"b\"", "wanted 8 bytes for F32 [2], found 7"}, two("[0,8]", "[8,15]"), 15);
}

}  // namespace
}  // namespace kindling
