#include "data/png_folder.h"

#include <gmock/gmock.h>
#include <png.h>

#include <thread>

#include "data/png_codec.h"
#include "tests/data/loader_fixture.h"
#include "tests/data/test_data.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Cache kCaches[] = {Cache::kNone, Cache::kEncoded, Cache::kDecoded};

class PngFolderTest : public ::testing::Test {
 protected:
  void SetUp() override { test::write_png_set(root(), 3); }

  const fs::path& root() const { return temp_.path(); }
  std::string opening_error(Cache cache = Cache::kNone) const {
    return error_of([&] { PngFolder(root(), Split::kTrain, cache); });
  }

  test::TempFolder temp_;
};

TEST_F(PngFolderTest, ReadsClassByClassInOrder) {
  for (const Cache cache : kCaches) {
    const PngFolder dataset(root(), Split::kTrain, cache);
    ASSERT_EQ(dataset.size(), 30);
    EXPECT_EQ(dataset.classes()[9], "c9");
    for (int pass = 0; pass < 2; ++pass) {  // the second comes from the cache
      for (std::int64_t i = 0; i < dataset.size(); ++i) {
        Image image{};
        dataset.read(i, image);
        EXPECT_EQ(image.label, i / 3);
        EXPECT_EQ(image.pixels, test::formula_image(10 * (i % 3) + i / 3).pixels);
      }
    }
  }
}

TEST_F(PngFolderTest, SortsBytewise) {
  fs::rename(root() / "train/c0/0.png", root() / "train/c0/10.png");  // "1" < "10" < "2"
  for (const char* split : {"train", "test"}) fs::rename(root() / split / "c3", root() / split / "Z");
  const PngFolder dataset(root(), Split::kTrain, Cache::kNone);
  EXPECT_EQ(dataset.classes()[0], "Z");
  Image image{};
  dataset.read(4, image);  // the second file of the second class, c0
  EXPECT_EQ(image.pixels, test::formula_image(0).pixels);
}

TEST_F(PngFolderTest, IgnoresHiddenAndOtherFiles) {
  const std::string before = PngFolder(root(), Split::kTrain, Cache::kNone).fingerprint();
  const std::vector<std::uint8_t> text{'x'};
  test::write_bytes(root() / "train/c0/notes.txt", text);
  test::write_bytes(root() / "train/c0/._0.png", text);
  test::write_bytes(root() / "train/README", text);
  test::write_bytes(root() / "train/.cache/0.png", text);
  EXPECT_EQ(PngFolder(root(), Split::kTrain, Cache::kNone).fingerprint(), before);
}

TEST_F(PngFolderTest, FingerprintSeesNamesSizesAndLabelsWhateverTheCache) {
  const auto fingerprint = [&](Cache cache) { return PngFolder(root(), Split::kTrain, cache).fingerprint(); };
  const std::string before = fingerprint(Cache::kNone);
  EXPECT_EQ(fingerprint(Cache::kEncoded), before);
  EXPECT_EQ(fingerprint(Cache::kDecoded), before);
  fs::rename(root() / "train/c0/2.png", root() / "train/c0/3.png");
  const std::string renamed = fingerprint(Cache::kNone);
  EXPECT_NE(renamed, before);
  fs::remove(root() / "train/c0/3.png");
  EXPECT_NE(fingerprint(Cache::kNone), renamed);
}

TEST_F(PngFolderTest, NamesAMissingSplit) {
  EXPECT_THAT(error_of([&] { PngFolder(root() / "nowhere", Split::kTest, Cache::kNone); }),
              AllOf(StartsWith("3: "), HasSubstr("nowhere/test")));
}

TEST_F(PngFolderTest, WantsTenClasses) {
  for (const char* split : {"train", "test"}) fs::remove_all(root() / split / "c4");
  EXPECT_THAT(opening_error(), AllOf(StartsWith("3: "), HasSubstr("train: expected 10 class folders, found 9: c0 c1")));
}

TEST_F(PngFolderTest, NamesOnOneLineWhateverTheNameAndNotThousands) {
  fs::create_directory(root() / "train/new\nline\x1b[31m");
  EXPECT_THAT(opening_error(), AllOf(HasSubstr("found 11: c0 c1"), HasSubstr("new\\x0aline\\x1b[31m")));
  for (int i = 0; i < 90; ++i) fs::create_directory(root() / "train" / std::to_string(i));
  EXPECT_THAT(opening_error(), AllOf(HasSubstr("found 101: 0 1 10 11"), ::testing::EndsWith(" ...")));
}

TEST_F(PngFolderTest, WantsTheSameClassesInBothSplits) {
  fs::rename(root() / "test/c4", root() / "test/d4");
  EXPECT_THAT(opening_error(), AllOf(StartsWith("3: "), HasSubstr("different classes"), HasSubstr("d4")));
}

TEST_F(PngFolderTest, NamesAnEmptyClass) {
  for (int f = 0; f < 3; ++f) fs::remove(root() / "train/c7" / (std::to_string(f) + ".png"));
  EXPECT_THAT(opening_error(), AllOf(StartsWith("3: "), HasSubstr("train/c7: expected *.png files, found none")));
}

TEST_F(PngFolderTest, ChecksEveryHeaderAtOpening) {
  const fs::path victim = root() / "train/c5/1.png";
  const std::vector<std::uint16_t> samples(std::size_t{33} * 33 * 3, 0);
  const std::vector<std::pair<std::vector<std::uint8_t>, std::string>> cases{
      {{}, "empty"},
      {{'G', 'I', 'F', '8', '9', 'a', 0, 0, 0}, "not a PNG file"},
      {{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0}, "truncated PNG"},
      {test::make_png(PNG_FORMAT_LINEAR_RGB, 32, samples.data()), "found 16"},
      {test::make_png(PNG_FORMAT_RGB, 33, samples.data()), "found 33 x 33"},
  };
  for (const auto& [bytes, reason] : cases) {
    test::write_bytes(victim, bytes);
    for (const Cache cache : kCaches) {
      EXPECT_THAT(opening_error(cache), AllOf(StartsWith("3: "), HasSubstr("train/c5/1.png: "), HasSubstr(reason)));
    }
  }
}

TEST_F(PngFolderTest, ADamagedBodyReachesTheCallerOfTheLoaderWithItsFile) {
  const fs::path victim = root() / "train/c5/1.png";
  fs::resize_file(victim, fs::file_size(victim) / 2);
  for (const Cache cache : kCaches) {
    const PngFolder dataset(root(), Split::kTrain, cache);
    for (const std::int64_t workers : {0, 1, 4}) {
      LoaderOptions options;
      options.batch_size = 4;
      options.workers = workers;
      const test::SlotMemory memory(options);
      Loader loader(dataset, options, memory.slots());
      EXPECT_THAT(error_of([&] { test::drain(loader, memory, 0); }),
                  AllOf(StartsWith("3: "), HasSubstr("train/c5/1.png: damaged PNG")));
      EXPECT_FALSE(loader.next().has_value());
    }
  }
}

TEST_F(PngFolderTest, AFileThatVanishesIsNamed) {
  const PngFolder dataset(root(), Split::kTrain, Cache::kNone);
  fs::remove(root() / "train/c0/0.png");
  Image image{};
  EXPECT_THAT(error_of([&] { dataset.read(0, image); }),
              AllOf(StartsWith("3: "), HasSubstr("train/c0/0.png: No such file")));
}

TEST_F(PngFolderTest, ManyThreadsMayReadTheSameImage) {
  const PngFolder dataset(root(), Split::kTrain, Cache::kDecoded);
  std::vector<std::thread> threads;
  std::vector<std::int64_t> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&dataset, &wrong, t] {
      Image image{};
      for (std::int64_t i = 0; i < 10 * dataset.size(); ++i) {
        const std::int64_t index = i % dataset.size();
        dataset.read(index, image);
        if (image.pixels != test::formula_image(10 * (index % 3) + index / 3).pixels) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<std::int64_t>(4, 0));
}

}  // namespace
}  // namespace kindling
