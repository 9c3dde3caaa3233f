#include "engine/io/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

using testing::MatchesRegex;

TEST(RunRecord, HostFactsAreThoseOfAMachineThatCanRunThis) {
  const nlohmann::ordered_json facts = host_facts();
  EXPECT_FALSE(facts.at("cpu").get<std::string>().empty());
  EXPECT_GE(facts.at("cores_allowed").get<int>(), 1);
  EXPECT_GE(facts.at("memory_mb").get<int>(), 64);
  EXPECT_FALSE(facts.at("hostname").get<std::string>().empty());
  EXPECT_THAT(facts.at("kernel").get<std::string>(), MatchesRegex("Linux .+"));
}

TEST(RunRecord, BuildFactsNameCommitCompilerAndBlas) {
  const nlohmann::ordered_json facts = build_facts();
  EXPECT_THAT(facts.at("git_commit").get<std::string>(), MatchesRegex("[0-9a-f]+|unknown"));
  EXPECT_TRUE(facts.at("git_dirty").is_boolean());
  EXPECT_THAT(facts.at("compiler").get<std::string>(), MatchesRegex("[A-Za-z]+ [0-9.]+"));
  EXPECT_FALSE(facts.at("blas").get<std::string>().empty());
  if (facts.at("cuda").is_null()) return;
  EXPECT_THAT(facts.at("cuda").get<std::string>(), MatchesRegex("[0-9]+\\.[0-9]+( on the CPU)?"));
}

TEST(RunRecord, TimeIsUtcAndNow) {
  std::tm parsed{};
  const std::string text = utc_time();
  ASSERT_NE(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parsed), nullptr) << text;
  EXPECT_NEAR(std::difftime(timegm(&parsed), std::time(nullptr)), 0.0, 60.0);
}

TEST(RunRecord, AResumedRunKeepsItsTimes) {
  const TemporaryFolder folder;
  put_text(folder / "run.json", R"({"started": "then", "resumed": ["later"], "options": {}})");
  const nlohmann::ordered_json times = run_times(folder / "run.json", /*resumed=*/true);
  EXPECT_EQ(times.at("started"), "then");
  ASSERT_EQ(times.at("resumed").size(), 2U);
  EXPECT_EQ(times.at("resumed")[0], "later");
  const nlohmann::ordered_json anew = run_times(folder / "run.json", /*resumed=*/false);
  EXPECT_EQ(anew.size(), 1U);
  EXPECT_NE(anew.at("started"), "then");
  for (const char* damaged : {"{", "[]", R"({"started": 1, "resumed": "x"})", ""}) {
    put_text(folder / "run.json", damaged);
    const nlohmann::ordered_json unknown = run_times(folder / "run.json", /*resumed=*/true);
    EXPECT_TRUE(unknown.at("started").is_null()) << damaged;
    EXPECT_EQ(unknown.at("resumed").size(), 1U) << damaged;
  }
}

TEST(RunRecord, IsWrittenInTheOrderGiven) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_run_record(folder / "run.json", {{"seed", 1}, {"lr", 0.1}, {"data_path", "caf\xe9"}}, disk);
  EXPECT_EQ(text_of(folder / "run.json"),
            "{\n  \"seed\": 1,\n  \"lr\": 0.1,\n  \"data_path\": \"caf\xef\xbf\xbd\"\n}\n");
}

TEST(RunRecord, AFailureLeavesTheOldRecord) {
  const TemporaryFolder folder;
  FailingDisk disk;
  put_text(folder / "run.json", "old");
  disk.fail("write", ENOSPC);
  expect_error(ErrorCode::kOutput, {"run.json", "No space left on device"}, [&] {
    write_run_record(folder / "run.json", {{"seed", 1}}, disk);
  });
  EXPECT_EQ(text_of(folder / "run.json"), "old");
}

TEST(RunRecord, IsReadOnlyWhereItMakesSense) {
  const TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    put_text(folder / "run.json", text);
    return read_record(folder / "run.json");
  };
  EXPECT_EQ(read(R"({"b": 1, "a": [2]})").dump(), R"({"b":1,"a":[2]})");
  EXPECT_TRUE(read("").is_null());
  EXPECT_TRUE(read("[1]").is_null());
  EXPECT_TRUE(read(R"({"a": )").is_null());
  EXPECT_TRUE(read(R"({"a": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}").is_null());
  EXPECT_TRUE(read_record(folder / "nothing.json").is_null());
  EXPECT_TRUE(read_record(folder.path()).is_null());
}

}  // namespace
}  // namespace kindling
