#include "tests/cuda_on_cpu/device_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/cuda_on_cpu/device_array.h"

namespace kindling::cuda_on_cpu {
namespace {

// Expected: the lane whose value each lane gets, by the tables of CUDA's programming guide (warp shuffle functions).
TEST(DeviceFunctions, Shuffles) {
  const Stream stream;
  const DeviceArray<int> out(kShuffleRows * 32);
  shuffles(out.get(), stream);
  const std::vector<int> values = out.values();
  const auto expect_row = [&](ShuffleRow row, const std::function<int(int)>& wanted) {
    for (int lane = 0; lane < 32; ++lane) {
      EXPECT_EQ(values[static_cast<std::size_t>(row * 32 + lane)], wanted(lane)) << "row " << row << ", lane " << lane;
    }
  };
  expect_row(kFromLane3, [](int) { return 3; });
  expect_row(kFromLane3Of8, [](int lane) { return lane / 8 * 8 + 3; });
  expect_row(kUp2, [](int lane) { return lane < 2 ? lane : lane - 2; });
  expect_row(kUp2Of8, [](int lane) { return lane % 8 < 2 ? lane : lane - 2; });
  expect_row(kDown2, [](int lane) { return lane >= 30 ? lane : lane + 2; });
  expect_row(kDown2Of8, [](int lane) { return lane % 8 >= 6 ? lane : lane + 2; });
  expect_row(kXor5, [](int lane) { return lane ^ 5; });
  // A lower group may be read across groups of a width, a higher one may not.
  expect_row(kXor16Of8, [](int lane) { return lane < 16 ? lane : lane - 16; });
  expect_row(kUpperHalf, [](int lane) { return lane < 16 ? 0 : 17; });
}

TEST(DeviceFunctions, Votes) {
  const Stream stream;
  const DeviceArray<int> out(6);
  votes(out.get(), stream);
  EXPECT_THAT(out.values(), testing::ElementsAre(7, 1, 0, 40, 1, 0));
}

TEST(DeviceFunctions, Atomics) {
  const Stream stream;
  const DeviceArray<int> out(std::vector<int>{0, 0, 100, 0, 0, -1, 5});
  atomics(out.get(), stream);
  const std::vector<int> values = out.values();
  EXPECT_EQ(values[0], 256);
  EXPECT_EQ(values[1], 255);
  EXPECT_EQ(values[2], 0);
  EXPECT_EQ(values[3], 255);
  EXPECT_EQ(values[4], 256 % 10);
  EXPECT_EQ(values[5], 33);
  EXPECT_GE(values[6], 1000);
}

TEST(DeviceFunctions, Indices) {
  const Stream stream;
  const DeviceArray<int> out(6 * 24);
  indices(out.get(), stream);
  const std::vector<int> values = out.values();
  for (int i = 0; i < 6 * 24; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i / 24 * 100 + i % 24);
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
