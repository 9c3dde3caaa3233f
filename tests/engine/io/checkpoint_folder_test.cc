#include "engine/io/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/io/durable_file.h"
#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/sample_checkpoint.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void save(const TemporaryFolder& folder, std::int64_t step, FileSystemCalls& disk, std::int64_t keep = 10) {
  save_checkpoint(folder.path(), SampleCheckpoint(step).contents(), keep, disk);
}

void save(const TemporaryFolder& folder, const std::vector<std::int64_t>& steps) {
  FileSystemCalls disk;
  for (const std::int64_t step : steps) save(folder, step, disk);
}

std::vector<std::int64_t> steps_in(const TemporaryFolder& folder) {
  std::vector<std::int64_t> steps;
  for (const CheckpointFile& file : list_checkpoints(folder.path())) steps.push_back(file.step);
  return steps;
}

std::int64_t newest_step(const TemporaryFolder& folder) {
  return Checkpoint::read(newest_checkpoint_path(folder.path())).step();
}

void damage(const std::filesystem::path& path) {
  std::string text = text_of(path);
  text.back() = static_cast<char>(text.back() ^ 1);
  put_text(path, text);
}

bool has_temporary_files(const TemporaryFolder& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (entry.path().extension() == ".tmp") return true;
  }
  return false;
}

TEST(CheckpointFolder, NamesSortAsTheirSteps) {
  EXPECT_EQ(checkpoint_path("out", 391), "out/checkpoints/step-00000391.safetensors");
  EXPECT_EQ(checkpoint_path("out", 1'234'567'890), "out/checkpoints/step-1234567890.safetensors");
}

TEST(CheckpointFolder, SavePublishesTheNewestAndKeepsTheLastFew) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  for (const std::int64_t step : {9, 10, 11, 100}) save(folder, step, disk, 2);
  EXPECT_THAT(steps_in(folder), ElementsAre(100, 11));
  EXPECT_EQ(newest_step(folder), 100);
  EXPECT_TRUE(std::filesystem::equivalent(newest_checkpoint_path(folder.path()), checkpoint_path(folder.path(), 100)));
  EXPECT_FALSE(has_temporary_files(folder));
}

TEST(CheckpointFolder, SavingTheSameStepAgainReplacesIt) {
  const TemporaryFolder folder;
  save(folder, {5, 5});
  EXPECT_THAT(steps_in(folder), ElementsAre(5));
  EXPECT_EQ(newest_step(folder), 5);
  EXPECT_FALSE(has_temporary_files(folder));
}

TEST(CheckpointFolder, SaveRemovesLaterStepsOfARunThatWasTakenBack) {
  const TemporaryFolder folder;
  save(folder, {100, 200, 300, 150});
  EXPECT_THAT(steps_in(folder), ElementsAre(150, 100));
  EXPECT_EQ(newest_step(folder), 150);
}

TEST(CheckpointFolder, WithoutHardLinksTheNewestIsACopy) {
  const TemporaryFolder folder;
  FailingDisk disk;
  disk.fail("link", EPERM);
  save(folder, 7, disk);
  EXPECT_EQ(newest_step(folder), 7);
  EXPECT_FALSE(std::filesystem::equivalent(newest_checkpoint_path(folder.path()), checkpoint_path(folder.path(), 7)));
  EXPECT_FALSE(has_temporary_files(folder));
}

TEST(CheckpointFolder, NeverRemovesAnythingBeforeTheNewOneIsOnTheDisk) {
  const TemporaryFolder folder;
  FailingDisk disk;
  save(folder, 1, disk, 1);
  const std::size_t before = disk.calls().size();
  save(folder, 2, disk, 1);
  const std::vector<std::string> calls(disk.calls().begin() + static_cast<std::ptrdiff_t>(before), disk.calls().end());
  EXPECT_EQ(calls.back(), "unlink");  // of step 1
  EXPECT_EQ(calls[calls.size() - 3], "fsync");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "rename"), 2);
  EXPECT_THAT(steps_in(folder), ElementsAre(2));
}

struct SaveFailure {
  const char* call;
  int error_number;
};

void PrintTo(const SaveFailure& failure, std::ostream* out) {
  *out << failure.call;
}

class SaveCheckpointFailure : public testing::TestWithParam<SaveFailure> {};

// Whichever call of its kind fails in a save, the folder still has a valid checkpoint, nothing half-written, and a
// later save works.
TEST_P(SaveCheckpointFailure, LeavesAValidCheckpoint) {
  int failures = 0;
  for (int nth = 1;; ++nth) {
    const TemporaryFolder folder;
    save(folder, {1});
    FailingDisk disk;
    disk.set_longest_write(500);
    disk.fail(GetParam().call, GetParam().error_number, nth);
    bool failed = false;
    try {
      save(folder, 2, disk, 1);
    } catch (const Error& error) {
      failed = true;
      EXPECT_EQ(error.code(), ErrorCode::kOutput);
      EXPECT_THAT(error.what(), HasSubstr(folder.path().string()));
    }
    const auto found = find_checkpoint(folder.path());
    ASSERT_TRUE(found.checkpoint.has_value());
    EXPECT_THAT(found.skipped, ElementsAre());
    EXPECT_TRUE(newest_step(folder) == 1 || newest_step(folder) == 2);
    EXPECT_FALSE(has_temporary_files(folder)) << "call " << nth;
    save(folder, {3});
    EXPECT_EQ(newest_step(folder), 3);
    if (std::count(disk.calls().begin(), disk.calls().end(), GetParam().call) < nth) break;
    failures += failed ? 1 : 0;
  }
  EXPECT_GT(failures, 0);
}

INSTANTIATE_TEST_SUITE_P(EachCall, SaveCheckpointFailure,
                         testing::Values(SaveFailure{"open", EMFILE}, SaveFailure{"write", ENOSPC},
                                         SaveFailure{"fsync", EIO}, SaveFailure{"close", ENOSPC},
                                         SaveFailure{"rename", EIO}, SaveFailure{"mkdir", ENOSPC}));

TEST(CheckpointFolder, FindsNothingInANewFolder) {
  const TemporaryFolder folder;
  EXPECT_FALSE(find_checkpoint(folder.path()).checkpoint.has_value());
  EXPECT_FALSE(find_checkpoint(folder / "absent").checkpoint.has_value());
}

TEST(CheckpointFolder, FindsTheNewestValidOneAndSaysWhatItSkipped) {
  const TemporaryFolder folder;
  save(folder, {99, 100, 1000});
  put_text(folder / "checkpoints/step-x.safetensors", "not a name of ours");
  put_text(folder / "checkpoints/step-00002000.safetensors.tmp", "half");
  damage(checkpoint_path(folder.path(), 1000));  // and checkpoint.safetensors, the same file
  std::filesystem::resize_file(checkpoint_path(folder.path(), 100), 50);
  const FoundCheckpoint found = find_checkpoint(folder.path());
  ASSERT_TRUE(found.checkpoint.has_value());
  EXPECT_EQ(found.checkpoint->step(), 99);
  EXPECT_THAT(found.skipped, ElementsAre(HasSubstr("step-00001000.safetensors: section \"metrics\" is damaged"),
                                         HasSubstr("step-00000100.safetensors: cut short")));
}

TEST(CheckpointFolder, CheckpointSafetensorsServesWhereItIsTheNewest) {
  const TemporaryFolder folder;
  save(folder, {1, 2});
  const std::filesystem::path step_2 = checkpoint_path(folder.path(), 2);
  std::filesystem::remove(step_2);
  EXPECT_EQ(find_checkpoint(folder.path()).checkpoint->step(), 2);
  std::filesystem::remove_all(folder / "checkpoints");
  EXPECT_EQ(find_checkpoint(folder.path()).checkpoint->step(), 2);
}

TEST(CheckpointFolder, AStepFileThatWasNotYetPublishedIsTheNewest) {
  const TemporaryFolder folder;
  save(folder, {1});
  FailingDisk disk;
  disk.fail("rename", EIO, 2);
  EXPECT_THROW(save(folder, 2, disk), Error);
  EXPECT_EQ(newest_step(folder), 1);
  EXPECT_EQ(find_checkpoint(folder.path()).checkpoint->step(), 2);
}

TEST(CheckpointFolder, ARenamedCheckpointIsSkipped) {
  const TemporaryFolder folder;
  save(folder, {1, 2});
  std::filesystem::copy(checkpoint_path(folder.path(), 1), checkpoint_path(folder.path(), 9));
  const FoundCheckpoint found = find_checkpoint(folder.path());
  EXPECT_EQ(found.checkpoint->step(), 2);
  EXPECT_THAT(found.skipped, ElementsAre(HasSubstr("wanted the checkpoint of step 9, found that of step 1")));
}

TEST(CheckpointFolder, OnlyDamagedOnesAreAnError) {
  const TemporaryFolder folder;
  save(folder, {4});
  damage(checkpoint_path(folder.path(), 4));
  expect_error(ErrorCode::kWeights, {folder.path().string(), "none of its 1 checkpoints is valid", "metrics"},
               [&] { find_checkpoint(folder.path()); });
}

TEST(CheckpointFolder, DiscardTakesTheFolderBack) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  save(folder, {1, 2, 3});
  discard_checkpoints_after(folder.path(), 2, disk);
  EXPECT_THAT(steps_in(folder), ElementsAre(2, 1));
  EXPECT_EQ(newest_step(folder), 2);
  discard_checkpoints_after(folder.path(), 2, disk);  // nothing to do; both names already are the same file
  EXPECT_EQ(newest_step(folder), 2);
  EXPECT_FALSE(has_temporary_files(folder));
  discard_checkpoints_after(folder.path(), 0, disk);  // a step that isn't in the folder
  EXPECT_FALSE(find_checkpoint(folder.path()).checkpoint.has_value());
}

// A run cuts its logs next: a checkpoint that came back with a power cut would lack its rows.
TEST(CheckpointFolder, WhatIsDiscardedIsGoneFromTheDisk) {
  const TemporaryFolder folder;
  FailingDisk disk;
  save(folder, {1, 2, 3});
  discard_checkpoints_after(folder.path(), 2, disk);
  const std::vector<std::string>& calls = disk.calls();
  const auto last = [&](const char* call) { return std::find(calls.rbegin(), calls.rend(), call) - calls.rbegin(); };
  ASSERT_EQ(std::count(calls.begin(), calls.end(), "unlink"), 3);  // step 3, and the temporary name twice
  EXPECT_LT(last("fsync"), last("unlink"));
  disk.fail("fsync", EIO, 3);  // after those of the output folder, for the new name and for the old one
  expect_error(ErrorCode::kOutput, {(folder / "checkpoints").string(), "fsync"},
               [&] { discard_checkpoints_after(folder.path(), 1, disk); });
}

TEST(CheckpointFolder, RemovesUnfinishedCheckpointsAndNothingElse) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  save(folder, {1});
  const std::filesystem::path unfinished = temporary_name(checkpoint_path(folder.path(), 2));
  put_text(unfinished, "half");
  put_text(folder / "checkpoints/notes.tmp", "mine");
  remove_unfinished_checkpoints(folder.path(), disk);
  EXPECT_FALSE(std::filesystem::exists(unfinished));
  EXPECT_TRUE(std::filesystem::exists(folder / "checkpoints/notes.tmp"));
  EXPECT_THAT(steps_in(folder), ElementsAre(1));
}

}  // namespace
}  // namespace kindling
