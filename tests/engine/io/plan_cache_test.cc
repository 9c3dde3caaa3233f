#include "engine/io/plan_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

PlanCache sample() {
  return {{"cuDNN 9.19.0, NVIDIA H100 80GB HBM3", {{"bf16 forward n128", "67[2=1 13=0]"}, {"bf16 wgrad n128", "0[]"}}},
          {"cuDNN 9.19.0, NVIDIA A100-SXM4-80GB", {{"bf16 forward n128", "22[2=4]"}}}};
}

TEST(PlanCache, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  FileSystemCalls calls;
  for (const PlanCache& cache : {sample(), PlanCache{}}) {
    write_plan_cache(folder / "plans.json", cache, calls);
    EXPECT_EQ(read_plan_cache(folder / "plans.json"), cache);
  }
}

TEST(PlanCache, IsEmptyBeforeTheFirstRun) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_plan_cache(folder / "plans.json").empty());
}

TEST(PlanCache, AFailedWriteLeavesTheOldOne) {
  const TemporaryFolder folder;
  FailingDisk disk;
  write_plan_cache(folder / "plans.json", sample(), disk);
  disk.fail("fsync", EIO);
  expect_error(ErrorCode::kOutput, {"plans.json"}, [&] { write_plan_cache(folder / "plans.json", {}, disk); });
  EXPECT_EQ(read_plan_cache(folder / "plans.json"), sample());
}

TEST(PlanCache, SaysInOneLineWhatIsWrongWithAFile) {
  struct Case {
    std::string text;
    std::string reason;
  };
  const std::string head = R"({"format": "kindling-plan-cache", )";
  const Case cases[] = {
      {"", "not JSON at byte"},
      {R"({"format": "kindling-pl)", "not JSON at byte"},
      {"[]", R"(it doesn't say "format": "kindling-plan-cache")"},
      {"{}", R"(it doesn't say "format": "kindling-plan-cache")"},
      {R"({"format": 3})", "must be string"},
      {head + R"("version": 2, "environments": {}})", "its version is 2, wanted 1"},
      {head + R"("environments": {}})", "'version' not found"},
      {head + R"("version": 1})", "'environments' not found"},
      {head + R"("version": 1, "environments": [1]})", "must be"},
      {head + R"("version": 1, "environments": {"gpu": {"problem": 7}}})", "must be string"},
      {head + R"("version": 1, "environments": {"gpu": {"p": "1", "p": "2"}}})", R"(the name "p" occurs twice)"},
  };
  const TemporaryFolder folder;
  for (const auto& [text, reason] : cases) {
    SCOPED_TRACE(text);
    put_text(folder / "plans.json", text);
    expect_error(ErrorCode::kUsage, {"plans.json can't be used as a plan cache: ", reason, "; remove it to tune again"},
                 [&] { read_plan_cache(folder / "plans.json"); });
  }
}

TEST(PlanCache, AFolderIsNoCache) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::kUsage, {"can't be used as a plan cache"}, [&] { read_plan_cache(folder.path()); });
}

TEST(PlanCache, AHugeFileIsNoCache) {
  const TemporaryFolder folder;
  put_text(folder / "plans.json", "{");
  std::filesystem::resize_file(folder / "plans.json", std::uintmax_t{1} << 40U);
  expect_error(ErrorCode::kUsage, {"wanted at most 16000000 bytes, found 1099511627776"},
               [&] { read_plan_cache(folder / "plans.json"); });
}

}  // namespace
}  // namespace kindling
