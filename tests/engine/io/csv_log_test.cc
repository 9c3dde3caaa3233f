#include "engine/io/csv_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

const std::string kBatchHeader = "epoch,batch,images,loss,running_loss,top1,running_top1,data_ms,compute_ms\n";
const std::string kEpochHeader =
    "epoch,train_loss,train_top1,test_loss,test_top1,data_s,train_s,eval_s,total_s,images_per_s,peak_rss_mb\n";

BatchRow batch_row(std::int64_t epoch, std::int64_t batch) {
  return {.epoch = epoch,
          .batch = batch,
          .images = 128,
          .loss = 2.0,
          .running_loss = 2.5,
          .top1 = 0.5,
          .running_top1 = 0.25,
          .data_ms = 1,
          .compute_ms = 2};
}

std::string batch_line(int epoch, int batch) {
  return std::to_string(epoch) + "," + std::to_string(batch) + ",128,2,2.5,0.5,0.25,1.000,2.000\n";
}

// Two epochs of two batches.
std::string full_log() {
  std::string text = kBatchHeader;
  for (int i = 0; i < 4; ++i) text += batch_line(i / 2 + 1, i % 2 + 1);
  return text;
}

TEST(BatchLog, WritesTheColumnsOfTheDocumentedFormat) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  BatchLog log = BatchLog::create(folder / "b", disk);
  log.append({.epoch = 1,
              .batch = 390,
              .images = 80,
              .loss = 2.30258512,
              .running_loss = 1.0 / 3,
              .top1 = 0.1,
              .running_top1 = 0.125,
              .data_ms = 0.12345,
              .compute_ms = 1234.5678});
  log.sync();
  EXPECT_EQ(text_of(folder / "b"), kBatchHeader + "1,390,80,2.30258512,0.333333333,0.1,0.125,0.123,1234.568\n");
}

TEST(EpochLog, WritesEmptyFieldsWithoutEvaluation) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  EpochLog log = EpochLog::create(folder / "e", disk);
  EpochRow row{.epoch = 1,
               .train_loss = 1.859,
               .train_top1 = 0.327,
               .test_loss = 1.5,
               .test_top1 = 0.424,
               .data_s = 0.5,
               .train_s = 230,
               .eval_s = 10,
               .total_s = 240.5,
               .images_per_s = 217.39,
               .peak_rss_mb = 1024.25};
  log.append(row);
  row.epoch = 2;
  row.test_loss.reset();
  row.test_top1.reset();
  log.append(row);
  log.sync();
  EXPECT_EQ(text_of(folder / "e"), kEpochHeader +
                                       "1,1.859,0.327,1.5,0.424,0.500,230.000,10.000,240.500,217.4,1024.2\n"
                                       "2,1.859,0.327,,,0.500,230.000,10.000,240.500,217.4,1024.2\n");
}

TEST(BatchLog, RowsReachTheFileByFlushBySyncAndAtTheEnd) {
  const TemporaryFolder folder;
  FailingDisk disk;
  {
    BatchLog log = BatchLog::create(folder / "b", disk);
    EXPECT_EQ(text_of(folder / "b"), kBatchHeader);
    log.append(batch_row(1, 1));
    EXPECT_EQ(text_of(folder / "b"), kBatchHeader);
    log.flush();
    EXPECT_EQ(text_of(folder / "b"), kBatchHeader + batch_line(1, 1));
    log.append(batch_row(1, 2));
    log.sync();
    EXPECT_EQ(disk.calls().back(), "fsync");
    log.append(batch_row(1, 3));
  }
  EXPECT_EQ(text_of(folder / "b"), kBatchHeader + batch_line(1, 1) + batch_line(1, 2) + batch_line(1, 3));
}

TEST(BatchLog, AFailedWriteIsTakenBackAndMayBeTriedAgain) {
  const TemporaryFolder folder;
  FailingDisk disk;
  BatchLog log = BatchLog::create(folder / "b", disk);
  log.append(batch_row(1, 1));
  log.sync();
  log.append(batch_row(1, 2));
  disk.set_free_bytes(10);
  expect_error(ErrorCode::kOutput, {(folder / "b").string(), "write", "No space left on device"}, [&] { log.sync(); });
  EXPECT_EQ(text_of(folder / "b"), kBatchHeader + batch_line(1, 1));
  disk.set_free_bytes(1000);
  log.sync();
  EXPECT_EQ(text_of(folder / "b"), kBatchHeader + batch_line(1, 1) + batch_line(1, 2));
}

// Syncing means nothing to a test of what the file holds, and takes most of its time.
class UnsyncedDisk : public FileSystemCalls {
 public:
  int fsync(int /*fd*/) override { return 0; }
};

// Wherever a run stops, its file is one of the beginnings of full_log(). Every resume point whose rows are all there
// must give a file without gap or repetition; every other one an error, and the file as it was.
TEST(BatchLog, ResumesFromAnyCutAtAnyStep) {
  const TemporaryFolder folder;
  UnsyncedDisk disk;
  const std::string full = full_log();
  const std::size_t row_bytes = batch_line(1, 1).size();
  for (std::size_t length = 0; length <= full.size(); ++length) {
    for (std::int64_t done = 0; done <= 4; ++done) {
      const std::string cut = full.substr(0, length);
      put_text(folder / "b", cut);
      const std::size_t wanted = kBatchHeader.size() + static_cast<std::size_t>(done) * row_bytes;
      if (done > 0 && length < wanted) {
        EXPECT_THROW(BatchLog::resume(folder / "b", done, 2, disk), Error) << length << " bytes, step " << done;
        EXPECT_EQ(text_of(folder / "b"), cut);
        continue;
      }
      BatchLog log = BatchLog::resume(folder / "b", done, 2, disk);
      for (std::int64_t i = done; i < 4; ++i) log.append(batch_row(i / 2 + 1, i % 2 + 1));
      log.sync();
      EXPECT_EQ(text_of(folder / "b"), full) << length << " bytes, step " << done;
    }
  }
}

TEST(BatchLog, AMissingFileIsMadeOnlyIfNoRowIsWanted) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  BatchLog::resume(folder / "b", 0, 3, disk);
  EXPECT_EQ(text_of(folder / "b"), kBatchHeader);
  expect_error(ErrorCode::kWeights, {(folder / "absent").string(), "wants 4 rows, found no file"},
               [&] { BatchLog::resume(folder / "absent", 4, 3, disk); });
  EXPECT_FALSE(std::filesystem::exists(folder / "absent"));
}

TEST(BatchLog, AFileThatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  std::filesystem::create_directory(folder / "b");
  expect_error(ErrorCode::kWeights, {(folder / "b").string(), "can't be read"},
               [&] { BatchLog::resume(folder / "b", 1, 3, disk); });
}

TEST(BatchLog, WhatIsNotTheCheckpointsLogIsRefused) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const auto expect_refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    put_text(folder / "b", text);
    expect_error(ErrorCode::kWeights, parts, [&] { BatchLog::resume(folder / "b", 2, 3, disk); });
    EXPECT_EQ(text_of(folder / "b"), text);
  };
  const std::string path = (folder / "b").string();
  expect_refused("epoch,loss\n1,2\n", {path, "wanted the header", "found \"epoch,loss\""});
  expect_refused(kBatchHeader + batch_line(1, 1), {path, "wants 2 rows, found 1"});
  expect_refused(kBatchHeader + batch_line(1, 1) + batch_line(1, 1), {path, "row 2", "\"1,2,\"", "\"1,1,128"});
  expect_refused(kBatchHeader + batch_line(1, 1) + batch_line(1, 3), {path, "row 2", "\"1,2,\""});
  expect_refused(kBatchHeader + batch_line(1, 1) + "1,2,128\n", {path, "row 2: wanted 9 fields", "found \"1,2,128\""});
}

TEST(EpochLog, ResumeCutsAfterTheLastEpochThatBelongs) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  {
    EpochLog log = EpochLog::create(folder / "e", disk);
    for (std::int64_t epoch = 1; epoch <= 3; ++epoch) log.append({.epoch = epoch});
  }
  const std::string full = text_of(folder / "e");
  {
    EpochLog log = EpochLog::resume(folder / "e", 1, disk);
    EXPECT_LT(text_of(folder / "e").size(), full.size());
    for (std::int64_t epoch = 2; epoch <= 3; ++epoch) log.append({.epoch = epoch});
  }
  EXPECT_EQ(text_of(folder / "e"), full);
  expect_error(ErrorCode::kWeights, {"wants 4 rows, found 3"}, [&] { EpochLog::resume(folder / "e", 4, disk); });
}

TEST(PhaseLog, HasEveryPhaseOnceAndTheirSum) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  PhaseRow row{.epoch = 3};
  for (int i = 0; i < static_cast<int>(Phase::kCount); ++i) {
    row.phases.ns(static_cast<Phase>(i)) = (std::int64_t{1} << i) * 1'000'000;
  }
  row.workers.ns(WorkerState::kBlocked) = 2'500'000'000;
  row.ring_depth = 1.75;
  PhaseLog log = PhaseLog::create(folder / "p", disk);
  log.append(row);
  row.device = DeviceTimes{.copy_ms = 1, .forward_ms = 20, .backward_ms = 300, .optimizer_ms = 4000};
  log.append(row);
  log.sync();
  const std::string text = text_of(folder / "p");
  const std::string phases =
      "3,2.047000,0.002000,0.004000,0.008000,0.016000,0.032000,0.064000,0.128000,0.256000,"
      "0.512000,1.024000,0.001000,0.000000,2.500000,0.000000,1.75,";
  EXPECT_NE(text.find("\n" + phases + ",,,\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n" + phases + "0.001000,0.020000,0.300000,4.000000\n"), std::string::npos) << text;
}

TEST(NormLog, ResumeKeepsTheRowsOfTheStepsDone) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  // Two stages after every third step of epochs of four batches.
  const auto append = [](NormLog& log, std::int64_t epoch, std::int64_t batch) {
    for (const char* stage : {"stem", "classifier"}) log.append({.epoch = epoch, .batch = batch, .stage = stage});
  };
  {
    NormLog log = NormLog::create(folder / "n", disk);
    append(log, 1, 3);
    append(log, 2, 2);
    append(log, 3, 1);
  }
  const std::string full = text_of(folder / "n");
  const NormLog::Rows rows{.steps_done = 7, .every = 3, .stages = 2, .batches_per_epoch = 4};
  {
    NormLog log = NormLog::resume(folder / "n", rows, disk);
    append(log, 3, 1);
  }
  EXPECT_EQ(text_of(folder / "n"), full);
  expect_error(ErrorCode::kWeights, {"row 3", "\"1,6,\"", "\"2,2,stem"}, [&] {
    NormLog::check(folder / "n", {.steps_done = 6, .every = 3, .stages = 2, .batches_per_epoch = 9});
  });
}

TEST(AdoptLogs, CopiesWhatTheOtherFolderLacks) {
  const TemporaryFolder from;
  const TemporaryFolder to;
  FileSystemCalls disk;
  put_text(from / "batches.csv", "theirs");
  put_text(from / "epochs.csv", "theirs");
  put_text(to / "epochs.csv", "mine");
  adopt_logs(from.path(), to.path(), disk);
  EXPECT_EQ(text_of(to / "batches.csv"), "theirs");
  EXPECT_EQ(text_of(to / "epochs.csv"), "mine");
}

}  // namespace
}  // namespace kindling
