#include "data/sharding.h"

#include <gtest/gtest.h>

#include "kernels/core/error.h"

namespace kindling {
namespace {

TEST(Sharding, OneRankTakesConsecutiveBatchesAndARest) {
  const Sharding sharding(50'000, 128, 0, 1);
  ASSERT_EQ(sharding.batches(), 391);
  EXPECT_EQ(sharding.share(0).first, 0);
  EXPECT_EQ(sharding.share(389).first, 389 * 128);
  EXPECT_EQ(sharding.share(389).images, 128);
  EXPECT_EQ(sharding.share(390).images, 80);
}

TEST(Sharding, TakesItsPartOfEveryGlobalBatch) {
  const Sharding sharding(100, 4, 1, 3);  // global batches of 12
  EXPECT_EQ(sharding.share(2).first, 2 * 12 + 4);
  EXPECT_EQ(sharding.share(2).images, 4);
}

TEST(Sharding, RanksTileTheOrderInEqualNumbersOfBatches) {
  for (const std::int64_t size : {0, 1, 7, 96, 97, 101, 128}) {
    for (const std::int64_t world : {1, 2, 3, 4, 7}) {
      std::int64_t position = 0;
      const std::int64_t batches = Sharding(size, 5, 0, world).batches();
      for (std::int64_t batch = 0; batch < batches; ++batch) {
        for (std::int64_t rank = 0; rank < world; ++rank) {
          const Sharding sharding(size, 5, rank, world);
          ASSERT_EQ(sharding.batches(), batches);
          ASSERT_EQ(sharding.share(batch).first, position) << size << " " << world << " " << batch << " " << rank;
          ASSERT_LE(sharding.share(batch).images, 5);
          position += sharding.share(batch).images;
        }
      }
      EXPECT_EQ(position, size);
    }
  }
}

TEST(Sharding, RefusesImpossibleOptions) {
  EXPECT_THROW(Sharding(10, 0, 0, 1), Error);
  EXPECT_THROW(Sharding(10, 1, 0, 0), Error);
  EXPECT_THROW(Sharding(10, 1, 2, 2), Error);
  EXPECT_THROW(Sharding(10, 1, -1, 2), Error);
}

}  // namespace
}  // namespace kindling
