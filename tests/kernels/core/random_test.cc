#include "kernels/core/random.h"

#include <gtest/gtest.h>

namespace kindling {
namespace {

// Known answers of Philox4x32-10 from Random123's kat_vectors: what a seed means must never change.
TEST(RandomWords, MatchesRandom123KnownAnswers) {
  EXPECT_EQ(random_words(0, 0, 0, RandomPurpose::kPermutation),
            (RandomWords{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(
      random_words(0x299f31d0a4093822U, 0x243f6a88U, 0x85a308d3U, static_cast<RandomPurpose>(0x13198a2eU), 0x03707344U),
      (RandomWords{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(Bounded, CoversItsRangeAndNoMore) {
  EXPECT_EQ(bounded(0, 9), 0U);
  EXPECT_EQ(bounded(0xffffffffU, 9), 8U);
  EXPECT_EQ(bounded(0x80000000U, 10), 5U);
  EXPECT_EQ(bounded(0xffffffffU, 1), 0U);
}

TEST(UnitFloat, StaysBelowOne) {
  EXPECT_EQ(unit_float(0), 0.0F);
  EXPECT_LT(unit_float(0xffffffffU), 1.0F);
  EXPECT_EQ(unit_float(0x80000000U), 0.5F);
}

}  // namespace
}  // namespace kindling
