#include "data/permutation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/read_json.h"
#include "tests/support/source_path.h"

namespace kindling {
namespace {

nlohmann::json golden() {
  return test::read_json(test::source_path("tests/golden/augmentation_random.json"));
}

TEST(ShuffledOrder, MatchesTheKeptVectors) {
  const nlohmann::json vectors = golden()["permutations"];
  ASSERT_EQ(vectors.size(), 6U);
  for (const auto& entry : vectors) {
    EXPECT_EQ(shuffled_order(entry["size"], entry["seed"], entry["epoch"]),
              entry["order"].get<std::vector<std::uint32_t>>())
        << "seed " << entry["seed"].get<std::uint64_t>();
  }
}

TEST(ShuffledOrder, MatchesTheKeptVectorOfTheWholeSet) {
  const nlohmann::json entry = golden()["whole_set"];
  const std::vector<std::uint32_t> order = shuffled_order(entry["size"], entry["seed"], entry["epoch"]);
  EXPECT_EQ(std::vector<std::uint32_t>(order.begin(), order.begin() + 8),
            entry["first"].get<std::vector<std::uint32_t>>());
  EXPECT_EQ(std::vector<std::uint32_t>(order.end() - 8, order.end()), entry["last"].get<std::vector<std::uint32_t>>());
}

TEST(ShuffledOrder, HoldsEverySampleOnceAndChangesWithSeedAndEpoch) {
  std::vector<std::uint32_t> order = shuffled_order(50'000, 1, 0);
  EXPECT_NE(order, shuffled_order(50'000, 1, 1));
  EXPECT_NE(order, shuffled_order(50'000, 2, 0));
  EXPECT_EQ(order, shuffled_order(50'000, 1, 0));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, identity_order(50'000));
}

TEST(ShuffledOrder, IsEmptyForAnEmptySet) {
  EXPECT_TRUE(shuffled_order(0, 1, 0).empty());
}

}  // namespace
}  // namespace kindling
