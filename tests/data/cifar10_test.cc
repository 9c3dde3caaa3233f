#include "data/cifar10.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/data/test_data.h"

namespace kindling {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t kRecords = 3;  // a file, instead of 10,000

class Cifar10Test : public ::testing::Test {
 protected:
  void SetUp() override { test::write_cifar10(folder(), kRecords); }

  std::filesystem::path folder() const { return temp_.path() / "cifar-10-batches-bin"; }

  test::TempFolder temp_;
};

TEST_F(Cifar10Test, ReadsRecordsInOrderWithChannelsInterleaved) {
  const Cifar10 train(folder(), Split::kTrain, kRecords);
  const Cifar10 test_split(folder(), Split::kTest, kRecords);
  ASSERT_EQ(train.size(), 5 * kRecords);
  ASSERT_EQ(test_split.size(), kRecords);
  Image image{};
  for (std::int64_t i = 0; i < 6 * kRecords; ++i) {
    const bool in_train = i < train.size();
    (in_train ? train : test_split).read(in_train ? i : i - train.size(), image);
    EXPECT_EQ(image.label, i % kClasses);
    EXPECT_EQ(image.pixels, test::formula_image(i).pixels) << "record " << i;
  }
  EXPECT_EQ(train.classes()[3], "cat");
}

TEST_F(Cifar10Test, TakesTheParentFolderToo) {
  const Cifar10 inside(folder(), Split::kTrain, kRecords);
  const Cifar10 parent(temp_.path(), Split::kTrain, kRecords);
  EXPECT_EQ(inside.fingerprint(), parent.fingerprint());
}

TEST_F(Cifar10Test, FingerprintSeesASinglePixelAndALabel) {
  const std::string before = Cifar10(folder(), Split::kTest, kRecords).fingerprint();
  for (const std::int64_t position : {0, 3072}) {  // the first label, the last pixel of the first record
    {
      std::fstream file(folder() / "test_batch.bin", std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(position).put(static_cast<char>(9));
    }
    EXPECT_NE(Cifar10(folder(), Split::kTest, kRecords).fingerprint(), before);
    test::write_cifar10(folder(), kRecords);
  }
  EXPECT_EQ(Cifar10(folder(), Split::kTest, kRecords).fingerprint(), before);
}

TEST_F(Cifar10Test, NamesFileAndBytesOfAWrongLength) {
  std::filesystem::resize_file(folder() / "data_batch_4.bin", 3073 * kRecords - 1);
  EXPECT_THAT(error_of([&] { Cifar10(folder(), Split::kTrain, kRecords); }),
              AllOf(StartsWith("3: "), HasSubstr("data_batch_4.bin: expected 9219 bytes"), HasSubstr("found 9218")));
}

TEST_F(Cifar10Test, ThePublishedSetHasTenThousandRecordsAFile) {
  DatasetOptions options;
  options.path = folder();
  EXPECT_THAT(error_of([&] { open_dataset(options, Split::kTest); }),
              AllOf(StartsWith("3: "), HasSubstr("test_batch.bin: expected 30730000 bytes"), HasSubstr("found 9219")));
}

TEST_F(Cifar10Test, NamesFileAndRecordOfALabelAbove9) {
  for (const int label : {10, 255}) {
    {
      std::fstream file(folder() / "data_batch_2.bin", std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(std::streamoff{2} * 3073).put(static_cast<char>(label));
    }
    EXPECT_THAT(
        error_of([&] { Cifar10(folder(), Split::kTrain, kRecords); }),
        AllOf(StartsWith("3: "), HasSubstr("data_batch_2.bin: record 2"), HasSubstr("found " + std::to_string(label))));
  }
}

TEST_F(Cifar10Test, NamesWhatIsMissing) {
  EXPECT_THAT(error_of([&] { Cifar10(temp_.path() / "nowhere", Split::kTrain); }),
              AllOf(StartsWith("3: "), HasSubstr("nowhere")));
  EXPECT_THAT(error_of([&] { Cifar10(folder() / "test_batch.bin", Split::kTrain); }),
              AllOf(StartsWith("3: "), HasSubstr("no folder")));
  std::filesystem::remove(folder() / "data_batch_3.bin");
  EXPECT_THAT(error_of([&] { Cifar10(folder(), Split::kTrain, kRecords); }),
              AllOf(StartsWith("3: "), HasSubstr("data_batch_3.bin")));
  std::filesystem::remove(folder() / "data_batch_1.bin");
  EXPECT_THAT(error_of([&] { Cifar10(folder(), Split::kTrain, kRecords); }),
              AllOf(StartsWith("3: "), HasSubstr("wanted data_batch_1.bin")));
}

TEST(RealCifar10, HasTheRightNumberOfImagesOfEveryClass) {
  const char* path = std::getenv("KINDLING_DATA");
  if (path == nullptr) GTEST_SKIP() << "KINDLING_DATA is not set: the real CIFAR-10 was not read";
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const Cifar10 dataset(path, split);
    std::map<std::int32_t, std::int64_t> images;
    Image image{};
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
      dataset.read(i, image);
      ++images[image.label];
    }
    ASSERT_EQ(std::ssize(images), kClasses);
    for (const auto& [label, count] : images) EXPECT_EQ(count, split == Split::kTrain ? 5000 : 1000) << label;
  }
}

}  // namespace
}  // namespace kindling
