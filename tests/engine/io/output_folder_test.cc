#include "engine/io/output_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/engine/io/expect_error.h"
#include "tests/engine/io/failing_disk.h"
#include "tests/engine/io/temporary_folder.h"

namespace kindling {
namespace {

const std::vector<std::string> kRunFiles = {"batches.csv",
                                            "epochs.csv",
                                            "run.json",
                                            "weights.safetensors",
                                            "checkpoint.safetensors",
                                            "checkpoints/step-00000001.safetensors"};

void fill(const TemporaryFolder& folder) {
  std::filesystem::create_directory(folder / "checkpoints");
  for (const std::string& name : kRunFiles) put_text(folder / name, "old");
  put_text(folder / "notes.txt", "mine");
  put_text(folder / "checkpoints/best.safetensors", "mine");
  put_text(folder / "checkpoints/step-00000002.safetensors.tmp", "half");
  put_text(folder / "run.json.tmp", "half");
}

TEST(OutputFolder, IsMadeWithItsParents) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  const OutputFolder output(folder / "a/b", OutputUse::kNew, disk);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b"));
  EXPECT_TRUE(output.is_locked());
  EXPECT_EQ(output.batches_csv(), folder / "a/b/batches.csv");
}

TEST(OutputFolder, MayBeALinkToAFolder) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  std::filesystem::create_directory(folder / "scratch");
  std::filesystem::create_directory_symlink(folder / "scratch", folder / "out");
  EXPECT_TRUE(OutputFolder(folder / "out", OutputUse::kNew, disk).is_locked());
  EXPECT_TRUE(std::filesystem::exists(folder / "scratch/.lock"));
}

TEST(OutputFolder, FilesOfOthersAreNoObstacle) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  put_text(folder / "notes.txt", "mine");
  const OutputFolder output(folder.path(), OutputUse::kNew, disk);
  EXPECT_EQ(text_of(folder / "notes.txt"), "mine");
}

TEST(OutputFolder, AnyFileOfARunMeansInUse) {
  FileSystemCalls disk;
  for (const std::string& name : kRunFiles) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "checkpoints");
    EXPECT_FALSE(is_in_use(folder.path()));
    put_text(folder / name, "old");
    EXPECT_TRUE(is_in_use(folder.path())) << name;
    expect_error(ErrorCode::kUsage, {folder.path().string(), "--resume", "--overwrite"},
                 [&] { OutputFolder(folder.path(), OutputUse::kNew, disk); });
    EXPECT_FALSE(std::filesystem::exists(folder / ".lock"));  // a folder that is refused stays as it is
  }
}

TEST(OutputFolder, OverwriteRemovesOnlyWhatARunWrites) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  fill(folder);
  const OutputFolder output(folder.path(), OutputUse::kOverwrite, disk);
  EXPECT_FALSE(is_in_use(folder.path()));
  EXPECT_FALSE(std::filesystem::exists(folder / "run.json.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoints/step-00000002.safetensors.tmp"));
  EXPECT_EQ(text_of(folder / "notes.txt"), "mine");
  EXPECT_EQ(text_of(folder / "checkpoints/best.safetensors"), "mine");
}

TEST(OutputFolder, ResumeKeepsEverythingButTemporaryFiles) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  fill(folder);
  const OutputFolder output(folder.path(), OutputUse::kResume, disk);
  for (const std::string& name : kRunFiles) EXPECT_EQ(text_of(folder / name), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "run.json.tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoints/step-00000002.safetensors.tmp"));
}

TEST(OutputFolder, ASecondRunIsRefusedUntilTheFirstEnds) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  put_text(folder / "run.json", "of the first");
  {
    const OutputFolder first(folder.path(), OutputUse::kResume, disk);
    for (const OutputUse use : {OutputUse::kOverwrite, OutputUse::kResume}) {
      expect_error(ErrorCode::kUsage, {folder.path().string(), "another run is writing"},
                   [&] { OutputFolder(folder.path(), use, disk); });
    }
    EXPECT_EQ(text_of(folder / "run.json"), "of the first");
  }
  EXPECT_TRUE(OutputFolder(folder.path(), OutputUse::kResume, disk).is_locked());
}

TEST(OutputFolder, WorksWithoutLocksWhereThereAreNone) {
  const TemporaryFolder folder;
  FailingDisk disk;
  disk.fail("flock", ENOSYS);
  EXPECT_FALSE(OutputFolder(folder.path(), OutputUse::kNew, disk).is_locked());
}

TEST(OutputFolder, PathAndReasonAreNamedWhereItCannotBeWritten) {
  const TemporaryFolder folder;
  FailingDisk disk;
  disk.fail("open", EROFS);
  expect_error(ErrorCode::kOutput, {folder.path().string(), "Read-only file system"},
               [&] { OutputFolder(folder.path(), OutputUse::kNew, disk); });
  put_text(folder / "file", "mine");
  expect_error(ErrorCode::kOutput, {(folder / "file").string(), "Not a directory"},
               [&] { OutputFolder(folder / "file", OutputUse::kNew, disk); });
  expect_error(ErrorCode::kOutput, {(folder / "file/below").string(), "Not a directory"},
               [&] { OutputFolder(folder / "file/below", OutputUse::kNew, disk); });
  EXPECT_EQ(text_of(folder / "file"), "mine");
}

TEST(OutputFolder, AFolderWithoutWritePermissionIsNamed) {
  const TemporaryFolder folder;
  FileSystemCalls disk;
  if (geteuid() == 0) {  // root may write everywhere but there
    expect_error(ErrorCode::kOutput, {"/proc/.lock"}, [&] { OutputFolder("/proc", OutputUse::kNew, disk); });
    return;
  }
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  expect_error(ErrorCode::kOutput, {folder.path().string(), "Permission denied"},
               [&] { OutputFolder(folder.path(), OutputUse::kNew, disk); });
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(OutputFolder, AFileThatCannotBeRemovedIsNamed) {
  const TemporaryFolder folder;
  FailingDisk disk;
  fill(folder);
  disk.fail("unlink", EACCES, 2);
  expect_error(ErrorCode::kOutput, {(folder / "epochs.csv").string(), "unlink", "Permission denied"},
               [&] { OutputFolder(folder.path(), OutputUse::kOverwrite, disk); });
}

}  // namespace
}  // namespace kindling
