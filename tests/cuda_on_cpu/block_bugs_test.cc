// Planted bugs in how the threads of a kernel meet: each must end the process, or give numbers that are wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/planted_kernels.h"
#include "tests/cuda_on_cpu/race_checker.h"

namespace kindling::cuda_on_cpu {
namespace {

class BlockBugsDeathTest : public testing::Test {
 protected:
  const Stream stream_;
  const DeviceArray<float> x_{std::vector<float>(64, 1.0F)};
  const DeviceArray<float> y_{std::vector<float>(64, 0.0F)};
};

// The race build names the two accesses; the other shows NaN, because a thread reads what another hasn't written yet.
template <class Launch>
void expect_race_or_nan(const Launch& launch, const DeviceArray<float>& y, const char* memory) {
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH((launch(), y.values()), std::string("data race in ") + memory + " memory: .*planted_kernels.cu");
    return;
  }
  launch();
  const std::vector<float> values = y.values();
  EXPECT_TRUE(std::any_of(values.begin(), values.end(), [](float value) { return std::isnan(value); }));
}

TEST_F(BlockBugsDeathTest, MissingBlockBarrier) {
  expect_race_or_nan([&] { reverse_without_barrier(x_.get(), y_.get(), 64, stream_); }, y_, "shared");
}

TEST_F(BlockBugsDeathTest, MissingSyncwarp) {
  expect_race_or_nan([&] { swap_without_syncwarp(x_.get(), y_.get(), stream_); }, y_, "shared");
}

TEST_F(BlockBugsDeathTest, DivergentBlockBarrier) {
  EXPECT_DEATH(
      (divergent_barrier(y_.get(), stream_), stream_.synchronize()),
      "divergent __syncthreads in .*divergent_barrier_kernel.*planted_kernels.cu:[0-9]+ and planted_kernels.cu");
}

TEST_F(BlockBugsDeathTest, ThreadsLeaveBeforeTheBlockBarrier) {
  EXPECT_DEATH((leave_before_barrier(y_.get(), stream_), stream_.synchronize()),
               "deadlock in .*31 others: has left the kernel.*31 others: waits in __syncthreads at planted_kernels.cu");
}

TEST_F(BlockBugsDeathTest, ShuffleMaskNamesAbsentLanes) {
  EXPECT_DEATH((shuffle_with_half_a_warp(y_.get(), stream_), stream_.synchronize()),
               "deadlock in .*15 others: waits in __shfl_sync at planted_kernels.cu:.* for the lanes 0xffffffff");
}

TEST_F(BlockBugsDeathTest, LanesDisagree) {
  EXPECT_DEATH((mixed_warp_operations(y_.get(), stream_), stream_.synchronize()), "lanes of a warp disagree");
}

TEST_F(BlockBugsDeathTest, ShuffleFromALaneThatTakesNoPart) {
  EXPECT_DEATH((shuffle_from_absent_lane(y_.get(), stream_), stream_.synchronize()),
               "__shfl_sync at planted_kernels.cu:.* reads lane 20");
}

TEST_F(BlockBugsDeathTest, KernelCallsAHostFunction) {
  EXPECT_DEATH((call_host_function(y_.get(), stream_), stream_.synchronize()),
               "device work calls a CUDA function of the host");
}

// Wrong on a GPU and right here, as blocks run one after the other: only the race build can tell.
TEST_F(BlockBugsDeathTest, AddWithoutAtomicFromSeveralBlocks) {
  if (!RaceChecker::kEnabled) GTEST_SKIP() << "only the race build looks for this";
  EXPECT_DEATH((add_without_atomic(y_.get(), stream_), stream_.synchronize()),
               "data race in device memory: .*add_without_atomic_kernel");
}

TEST_F(BlockBugsDeathTest, ReadBesideAnAtomicUpdate) {
  if (!RaceChecker::kEnabled) GTEST_SKIP() << "only the race build looks for this";
  EXPECT_DEATH((read_beside_atomic(y_.get(), stream_), stream_.synchronize()), "data race .*atomic update");
}

TEST_F(BlockBugsDeathTest, NeighboursInOneWordAreNoRace) {
  write_halves_of_words(y_.get(), stream_);
  stream_.synchronize();
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
