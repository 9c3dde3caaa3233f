#include "data/subset.h"

#include <gmock/gmock.h>

#include <set>

#include "kernels/core/error.h"

namespace kindling {
namespace {

DatasetOptions synthetic() {
  DatasetOptions options;
  options.kind = DatasetKind::kSynthetic;
  options.synthetic_size = 100;
  return options;
}

TEST(Validation, DividesTheTrainingSet) {
  const auto whole = open_dataset(synthetic(), Split::kTrain);
  const auto train = open_with_validation(synthetic(), Split::kTrain, 30);
  const auto held_out = open_with_validation(synthetic(), Split::kTest, 30);
  ASSERT_EQ(train->size(), 70);
  ASSERT_EQ(held_out->size(), 30);
  EXPECT_EQ(held_out->classes(), whole->classes());
  for (std::int64_t i = 0; i < 100; ++i) {
    Image wanted{};
    Image found{};
    whole->read(i, wanted);
    i < 70 ? train->read(i, found) : held_out->read(i - 70, found);
    EXPECT_EQ(found.pixels, wanted.pixels) << i;
    EXPECT_EQ(found.label, wanted.label) << i;
  }
  const std::set<std::string> fingerprints{whole->fingerprint(), train->fingerprint(), held_out->fingerprint()};
  EXPECT_EQ(fingerprints.size(), 3U);
}

TEST(Validation, NoneHeldOutIsTheSetItself) {
  EXPECT_EQ(open_with_validation(synthetic(), Split::kTest, 0)->fingerprint(),
            open_dataset(synthetic(), Split::kTest)->fingerprint());
}

TEST(Validation, RefusesToLeaveNothingToTrainOn) {
  try {
    open_with_validation(synthetic(), Split::kTrain, 100);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("the training set has 100"));
  }
}

}  // namespace
}  // namespace kindling
