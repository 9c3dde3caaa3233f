#include "data/synthetic.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "tests/data/test_data.h"

namespace kindling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Synthetic, IsAPureFunctionOfSeedSplitAndIndex) {
  const Synthetic a(1000, 7, Split::kTrain);
  const Synthetic b(2000, 7, Split::kTrain);
  const Synthetic other_seed(1000, 8, Split::kTrain);
  const Synthetic other_split(1000, 7, Split::kTest);
  Image x{};
  Image y{};
  a.read(123, x);
  b.read(123, y);
  EXPECT_EQ(x.pixels, y.pixels);
  EXPECT_EQ(x.label, 3);
  other_seed.read(123, y);
  EXPECT_NE(x.pixels, y.pixels);
  other_split.read(123, y);
  EXPECT_NE(x.pixels, y.pixels);
  EXPECT_NE(a.fingerprint(), b.fingerprint());
  EXPECT_NE(a.fingerprint(), other_seed.fingerprint());
  EXPECT_NE(a.fingerprint(), other_split.fingerprint());
}

TEST(Synthetic, HasBothSplitsAndTenClasses) {
  EXPECT_EQ(Synthetic(1000, 0, Split::kTrain).size(), 1000);
  EXPECT_EQ(Synthetic(1000, 0, Split::kTest).size(), 200);
  EXPECT_EQ(std::ssize(Synthetic(1000, 0, Split::kTest).classes()), kClasses);
  EXPECT_THAT(test::error_of([] { Synthetic(49, 0, Split::kTest); }), AllOf(StartsWith("2: "), HasSubstr("49")));
}

// Red minus blue, and mean absolute differences between pixels 2 and 4 apart, down and across.
using Features = std::array<double, 5>;

Features features_of(const Image& image) {
  const auto at = [&](std::int64_t y, std::int64_t x, std::int64_t c) {
    return static_cast<double>(image.pixels[static_cast<std::size_t>((y * kImageSide + x) * kImageChannels + c)]);
  };
  Features f{};
  for (std::int64_t y = 0; y + 4 < kImageSide; ++y) {
    for (std::int64_t x = 0; x + 4 < kImageSide; ++x) {
      f[0] += at(y, x, 0) - at(y, x, 2);
      f[1] += std::abs(at(y + 2, x, 1) - at(y, x, 1));
      f[2] += std::abs(at(y + 4, x, 1) - at(y, x, 1));
      f[3] += std::abs(at(y, x + 2, 1) - at(y, x, 1));
      f[4] += std::abs(at(y, x + 4, 1) - at(y, x, 1));
    }
  }
  return f;
}

double distance(const Features& a, const Features& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// What the training split teaches must hold on the test split: the nearest class mean of five hand-made features
// (guessing gives 0.1).
TEST(Synthetic, ClassesCanBeLearnt) {
  const Synthetic train(1000, 0, Split::kTrain);
  const Synthetic test_split(1000, 0, Split::kTest);
  std::array<Features, kClasses> means{};
  Image image{};
  for (std::int64_t i = 0; i < train.size(); ++i) {
    train.read(i, image);
    const Features f = features_of(image);
    for (std::size_t k = 0; k < f.size(); ++k) means[static_cast<std::size_t>(image.label)][k] += f[k] / 100.0;
  }
  std::int64_t correct = 0;
  for (std::int64_t i = 0; i < test_split.size(); ++i) {
    test_split.read(i, image);
    const Features f = features_of(image);
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < kClasses; ++k) {
      if (distance(f, means[static_cast<std::size_t>(k)]) < distance(f, means[static_cast<std::size_t>(best)]))
        best = k;
    }
    correct += best == image.label ? 1 : 0;
  }
  EXPECT_GE(correct, test_split.size() * 8 / 10);
}

}  // namespace
}  // namespace kindling
