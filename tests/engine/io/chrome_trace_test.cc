#include "engine/io/chrome_trace.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/engine/io/temporary_folder.h"
#include "tests/support/read_json.h"

namespace kindling {
namespace {

TEST(ChromeTrace, HasATrackForEachLaneAndACounterForSamples) {
  TraceLog log;
  TraceLane& trainer = log.add_lane("trainer \"main\"");
  trainer.events.push_back({"data", 2'000'000, 2'500'000});
  trainer.events.push_back({"forward", 2'500'000, 4'500'250});
  log.add_lane("ready").samples.push_back({3'000'000, 2});
  log.add_lane("worker 1").events.push_back({"fill", 1'000'000, 1'250'000});

  const TemporaryFolder folder;
  FileSystemCalls disk;
  write_chrome_trace(folder / "trace.json", log, 1'000'000, disk);
  const auto trace = test::read_json(folder / "trace.json");
  const auto& events = trace.at("traceEvents");
  std::vector<nlohmann::json> complete;
  std::vector<nlohmann::json> counters;
  std::map<int, std::string> tracks;
  for (const auto& event : events) {
    EXPECT_EQ(event.at("pid"), 1);
    if (event.at("ph") == "X") complete.push_back(event);
    if (event.at("ph") == "C") counters.push_back(event);
    if (event.at("name") == "thread_name") tracks[event.at("tid")] = event.at("args").at("name");
  }
  EXPECT_EQ(tracks, (std::map<int, std::string>{{1, "trainer \"main\""}, {2, "worker 1"}}));
  ASSERT_EQ(complete.size(), 3U);
  EXPECT_EQ(complete[1].at("name"), "forward");
  EXPECT_EQ(complete[1].at("tid"), 1);
  EXPECT_DOUBLE_EQ(complete[1].at("ts"), 1500.0);
  EXPECT_DOUBLE_EQ(complete[1].at("dur"), 2000.25);
  EXPECT_EQ(complete[2].at("tid"), 2);
  ASSERT_EQ(counters.size(), 1U);
  EXPECT_EQ(counters[0].at("name"), "ready");
  EXPECT_EQ(counters[0].at("args").at("value"), 2);
  EXPECT_DOUBLE_EQ(counters[0].at("ts"), 2000.0);
}

}  // namespace
}  // namespace kindling
