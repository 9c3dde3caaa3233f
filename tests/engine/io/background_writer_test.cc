#include "engine/io/background_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/append_file.h"
#include "engine/io/checkpoint_folder.h"
#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/sample_checkpoint.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

TEST(BackgroundWriter, TheOwnerGoesOnWhileAJobRuns) {
  std::promise<void> owner_went_on;
  bool is_done = false;
  BackgroundWriter writer;
  writer.start([&, may_end = owner_went_on.get_future().share()] {
    may_end.wait();
    is_done = true;
  });
  writer.rethrow_failure();  // doesn't wait
  owner_went_on.set_value();
  writer.wait();
  EXPECT_TRUE(is_done);
  writer.wait();  // nothing is under way
}

TEST(BackgroundWriter, OneJobAtATimeInOrder) {
  std::string done;  // no lock: jobs never run together
  BackgroundWriter writer;
  for (const char job : {'a', 'b', 'c', 'd'}) {
    writer.start([&done, job] { done += job; });
  }
  writer.wait();
  EXPECT_EQ(done, "abcd");
}

TEST(BackgroundWriter, AFailureIsThrownOnceAndNothingIsStartedOnTopOfIt) {
  const auto fail = [] { throw Error(ErrorCode::kOutput, "can't write c: disk full"); };
  bool is_started = false;
  BackgroundWriter writer;
  writer.start(fail);
  expect_error(ErrorCode::kOutput, {"disk full"}, [&] { writer.start([&] { is_started = true; }); });
  writer.wait();
  EXPECT_FALSE(is_started);
  writer.start(fail);
  expect_error(ErrorCode::kOutput, {"disk full"}, [&] { writer.wait(); });
  writer.wait();
  writer.start(fail);
  expect_error(ErrorCode::kOutput, {"disk full"}, [&] {
    for (int i = 0; i < 10'000; ++i) {
      writer.rethrow_failure();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

TEST(BackgroundWriter, TheDestructorWaitsAndSwallowsAFailure) {
  std::atomic<bool> is_done = false;
  {
    BackgroundWriter writer;
    writer.start([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      is_done = true;
      throw Error(ErrorCode::kOutput, "nobody asks");
    });
  }
  EXPECT_TRUE(is_done);
}

TEST(BackgroundWriter, EachJobIsAnEventOfTheTrace) {
  TraceLane lane("checkpoint writer");
  BackgroundWriter writer(&lane);
  for (int job = 0; job < 2; ++job) {
    writer.start([] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });
  }
  writer.wait();
  ASSERT_EQ(lane.events.size(), 2U);
  for (const TraceEvent& event : lane.events) {
    EXPECT_STREQ(event.name, "save");
    EXPECT_GE(event.end_ns - event.begin_ns, 2'000'000);
  }
  EXPECT_GE(lane.events[1].begin_ns, lane.events[0].end_ns);
}

// What a run does: rows are appended and flushed while the writer syncs earlier ones and saves checkpoints. Under
// ThreadSanitizer it also shows that nothing is shared by mistake.
TEST(BackgroundWriter, SavesCheckpointsBesideALogThatGrows) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  AppendFile log = AppendFile::create(folder / "log", "row\n", disk);
  SampleCheckpoint snapshot(0);
  BackgroundWriter writer;
  for (std::int64_t step = 1; step <= 200; ++step) {
    log.append("a row\n");
    log.flush();
    if (step % 10 != 0) continue;
    writer.wait();
    snapshot.step = step;
    snapshot.weight[0] = static_cast<float>(step);
    writer.start([&] {
      log.sync_flushed();
      save_checkpoint(folder.path(), snapshot.contents(), 3, disk);
    });
  }
  writer.wait();
  EXPECT_EQ(text_of(folder / "log").size(), 4U + 200 * 6);
  EXPECT_EQ(list_checkpoints(folder.path()).size(), 3U);
  const FoundCheckpoint found = find_checkpoint(folder.path());
  ASSERT_TRUE(found.checkpoint.has_value());
  EXPECT_EQ(found.checkpoint->step(), 200);
  std::vector<float> weight(6);
  const std::vector<std::int64_t> shape = {2, 3};
  copy_elements<float>(found.checkpoint->tensor("weights", "conv1.weight", DType::kF32, shape), weight);
  EXPECT_EQ(weight[0], 200);
}

}  // namespace
}  // namespace kindling
