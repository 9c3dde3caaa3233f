#include "tests/cuda_on_cpu/schedule.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "tests/cuda_on_cpu/clock.h"

namespace kindling::cuda_on_cpu {
namespace {

TEST(Schedule, EveryOrderVisitsAll) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Schedule schedule(seed);
    for (const std::uint64_t count : {1, 2, 3, 12, 32, 97, 360}) {
      const Order order = schedule.order(count);
      std::set<std::uint64_t> visited;
      for (std::uint64_t i = 0; i < count; ++i) visited.insert(order[i]);
      ASSERT_EQ(visited.size(), count) << "seed " << seed;
      ASSERT_EQ(*visited.rbegin(), count - 1);
    }
  }
}

TEST(Schedule, SeedsZeroAndOneAreForwardAndBackward) {
  EXPECT_EQ(Schedule(0).order(5)[1], 1U);
  EXPECT_EQ(Schedule(1).order(5)[0], 4U);
  EXPECT_EQ(Schedule(1).order(5)[4], 0U);
}

TEST(ScheduleDeathTest, SeedThatIsNoNumber) {
  const auto start = [] {
    setenv("KINDLING_CUDA_SEED", "1x", 1);
    const Schedule schedule;
  };
  EXPECT_DEATH(start(), "KINDLING_CUDA_SEED is no number: 1x");
}

TEST(Clock, JoinAndCover) {
  Clock a;
  a.raise(0, 3);
  Clock b;
  b.raise(2, 1);
  EXPECT_FALSE(a.covers(b));
  EXPECT_FALSE(b.covers(a));
  b.join(a);
  EXPECT_TRUE(b.covers(a));
  EXPECT_EQ(b[0], 3U);
  EXPECT_EQ(b[1], 0U);
  b.raise(0, 2);  // never falls
  EXPECT_EQ(b[0], 3U);
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
