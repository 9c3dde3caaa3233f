#include "data/subset.h"

#include <gmock/gmock.h>

#include <set>
#include <vector>

#include "kernels/core/error.h"

namespace kindling {
namespace {

DatasetOptions synthetic() {
  DatasetOptions options;
  options.kind = DatasetKind::kSynthetic;
  options.synthetic_size = 100;
  return options;
}

std::vector<Image> images_of(const Dataset& dataset) {
  std::vector<Image> images(static_cast<std::size_t>(dataset.size()));
  for (std::size_t i = 0; i < images.size(); ++i) dataset.read(static_cast<std::int64_t>(i), images[i]);
  return images;
}

TEST(HoldOut, DividesTheTrainingSet) {
  const auto whole = open_dataset(synthetic(), Split::kTrain);
  const TrainAndTest parts = open_train_and_test(synthetic(), 30, /*evaluate=*/true);
  ASSERT_EQ(parts.train->size(), 70);
  ASSERT_EQ(parts.test->size(), 30);
  EXPECT_EQ(parts.test->classes(), whole->classes());
  const auto pixels_of = [](const std::vector<Image>& images) {
    std::multiset<decltype(Image::pixels)> all;
    for (const Image& image : images) all.insert(image.pixels);
    return all;
  };
  auto both = images_of(*parts.train);
  for (const Image& image : images_of(*parts.test)) both.push_back(image);
  EXPECT_EQ(pixels_of(both), pixels_of(images_of(*whole)));
  const std::set<std::string> fingerprints{whole->fingerprint(), parts.train->fingerprint(), parts.test->fingerprint()};
  EXPECT_EQ(fingerprints.size(), 3U);
}

TEST(HoldOut, IsTheSameEachTime) {
  const TrainAndTest parts = open_train_and_test(synthetic(), 30, /*evaluate=*/true);
  const TrainAndTest again = hold_out(open_dataset(synthetic(), Split::kTrain), 30);
  const auto held_out = images_of(*parts.test);
  const auto held_out_again = images_of(*again.test);
  for (std::size_t i = 0; i < held_out.size(); ++i) EXPECT_EQ(held_out[i].pixels, held_out_again[i].pixels) << i;
  EXPECT_EQ(parts.train->fingerprint(), again.train->fingerprint());
}

// Folders lie in the order of their classes: the last images would be of one.
class SortedByClass final : public Dataset {
 public:
  std::int64_t size() const override { return 1000; }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override { image.label = static_cast<std::uint8_t>(index / 100); }
  std::string fingerprint() const override { return "sorted"; }

 private:
  std::vector<std::string> classes_ = std::vector<std::string>(10, "class");
};

TEST(HoldOut, TakesFromEveryClass) {
  const TrainAndTest parts = hold_out(std::make_shared<SortedByClass>(), 100);
  for (const Dataset* part : {parts.train.get(), parts.test.get()}) {
    std::set<int> labels;
    for (const Image& image : images_of(*part)) labels.insert(image.label);
    EXPECT_EQ(labels.size(), 10U);
  }
}

TEST(HoldOut, WithoutItTheTestSetIsOpened) {
  const TrainAndTest sets = open_train_and_test(synthetic(), 0, /*evaluate=*/true);
  EXPECT_EQ(sets.train->fingerprint(), open_dataset(synthetic(), Split::kTrain)->fingerprint());
  EXPECT_EQ(sets.test->fingerprint(), open_dataset(synthetic(), Split::kTest)->fingerprint());
  EXPECT_EQ(open_train_and_test(synthetic(), 0, /*evaluate=*/false).test, nullptr);
  EXPECT_EQ(open_train_and_test(synthetic(), 30, /*evaluate=*/false).test, nullptr);
}

TEST(HoldOut, RefusesToLeaveNothingToTrainOn) {
  try {
    open_train_and_test(synthetic(), 100, /*evaluate=*/true);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("the training set has 100"));
  }
}

}  // namespace
}  // namespace kindling
