#include "engine/io/durable_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

TEST(DurableFile, WritesSyncsRenamesAndSyncsTheFolderInThisOrder) {
  const TemporaryFolder folder;
  FailingDisk disk;
  write_file_durably(folder / "run.json", "{}", disk);
  EXPECT_EQ(text_of(folder / "run.json"), "{}");
  EXPECT_THAT(disk.calls(),
              testing::ElementsAre("open", "write", "fsync", "close", "rename", "open", "fsync", "close"));
}

TEST(DurableFile, ShortAndInterruptedCallsAreContinued) {
  const TemporaryFolder folder;
  FailingDisk disk;
  disk.set_longest_write(3);
  disk.fail("open", EINTR);
  disk.fail("write", EINTR, 2);
  disk.fail("fsync", EINTR);
  disk.fail("close", EINTR);
  write_file_durably(folder / "a", "0123456789", disk);
  EXPECT_EQ(text_of(folder / "a"), "0123456789");
}

TEST(DurableFile, AFileSystemThatCannotSyncFoldersIsFine) {
  const TemporaryFolder folder;
  FailingDisk disk;
  disk.fail("fsync", EINVAL, 2);
  write_file_durably(folder / "a", "new", disk);
  EXPECT_EQ(text_of(folder / "a"), "new");
}

struct FailureCase {
  const char* call;
  int error_number;
  int nth;
  const char* message;
};

void PrintTo(const FailureCase& failure, std::ostream* out) {
  *out << failure.call << failure.nth;
}

class DurableFileFailure : public testing::TestWithParam<FailureCase> {};

TEST_P(DurableFileFailure, LeavesTheOldFileAndNoTemporaryOne) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "checkpoint";
  put_text(path, "old");
  FailingDisk disk;
  disk.set_longest_write(2);
  disk.fail(GetParam().call, GetParam().error_number, GetParam().nth);
  expect_error(ErrorCode::kOutput, {path.string(), GetParam().call, GetParam().message},
               [&] { write_file_durably(path, "new contents", disk); });
  EXPECT_EQ(text_of(path), "old");
  EXPECT_FALSE(std::filesystem::exists(temporary_name(path)));
}

INSTANTIATE_TEST_SUITE_P(EachCall, DurableFileFailure,
                         testing::Values(FailureCase{"open", EACCES, 1, "Permission denied"},
                                         FailureCase{"write", ENOSPC, 1, "No space left on device"},
                                         FailureCase{"write", ENOSPC, 4, "No space left on device"},
                                         FailureCase{"write", EDQUOT, 2, "quota"},
                                         FailureCase{"fsync", EIO, 1, "Input/output error"},
                                         FailureCase{"close", ENOSPC, 1, "No space left on device"},
                                         FailureCase{"rename", EACCES, 1, "Permission denied"}));

TEST(DurableFile, AFolderThatCannotBeSyncedIsReportedWithTheNewFileWhole) {
  const TemporaryFolder folder;
  put_text(folder / "a", "old");
  FailingDisk disk;
  disk.fail("fsync", EIO, 2);
  expect_error(ErrorCode::kOutput, {folder.path().string(), "fsync"},
               [&] { write_file_durably(folder / "a", "new", disk); });
  EXPECT_EQ(text_of(folder / "a"), "new");
  EXPECT_FALSE(std::filesystem::exists(temporary_name(folder / "a")));
}

TEST(DurableFile, AbandonedFileLeavesNothing) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  { DurableFile(folder / "a", disk).write("half"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DurableFile, OverwritesWhatAKilledRunLeft) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  put_text(temporary_name(folder / "a"), "a long leftover of a run that was killed");
  write_file_durably(folder / "a", "new", disk);
  EXPECT_EQ(text_of(folder / "a"), "new");
}

TEST(DurableFile, MissingFolderIsNamed) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  expect_error(ErrorCode::kOutput, {"absent/a", "No such file or directory"},
               [&] { write_file_durably(folder / "absent/a", "x", disk); });
}

TEST(CopyFileDurably, CopiesEveryByteAndReportsAMissingSource) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const std::string contents((2U << 20U) + 7, 'x');  // more than one chunk
  put_text(folder / "a", contents);
  copy_file_durably(folder / "a", folder / "b", disk);
  EXPECT_EQ(text_of(folder / "b"), contents);
  expect_error(ErrorCode::kOutput, {"absent"}, [&] { copy_file_durably(folder / "absent", folder / "c", disk); });
  EXPECT_FALSE(std::filesystem::exists(folder / "c"));
}

}  // namespace
}  // namespace kindling
