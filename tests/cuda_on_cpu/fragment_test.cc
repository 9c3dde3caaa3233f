// tests/cuda_on_cpu/tensor_core.h: the product, and the ways to use it wrongly that a GPU would not tell.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/fragment_kernels.h"
#include "tests/cuda_on_cpu/race_checker.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::size_t kSide = 16;

std::vector<bfloat16> two_matrices() {
  std::vector<bfloat16> x;
  for (int i = 0; i < 512; ++i) x.emplace_back(static_cast<float>(i * i % 31 - 15));
  return x;
}

class FragmentsDeathTest : public testing::Test {
 protected:
  std::vector<float> run(FragmentBug bug) const {
    multiply_fragments_wrongly(bug, x_.get(), y_.get(), stream_);
    return y_.values();
  }

  const Stream stream_;
  const DeviceArray<bfloat16> x_{two_matrices()};
  const DeviceArray<float> y_{std::vector<float>(kSide * kSide, 0.0F)};
};

// Integers, so that every order of the sum gives the same.
TEST_F(FragmentsDeathTest, MultiplyAndAdd) {
  multiply_fragments(x_.get(), y_.get(), stream_);
  const std::vector<float> y = y_.values();
  const std::vector<bfloat16> x = two_matrices();
  for (std::size_t i = 0; i < kSide; ++i) {
    for (std::size_t j = 0; j < kSide; ++j) {
      float sum = 0;
      for (std::size_t d = 0; d < kSide; ++d) {
        sum += static_cast<float>(x[d * kSide + i]) * static_cast<float>(x[kSide * kSide + d * kSide + j]);
      }
      EXPECT_EQ(y[i * kSide + j], 2 * sum) << i << ", " << j;
    }
  }
}

// All lanes have stored when the first one loads, here as on most GPUs: only the race build can tell.
TEST_F(FragmentsDeathTest, MissingSyncwarpBeforeALoad) {
  if (!RaceChecker::kEnabled) GTEST_SKIP() << "only the race build looks for this";
  EXPECT_DEATH(run(FragmentBug::kNoSyncBeforeLoad), "data race in shared memory: .*fragment_kernels.cu");
}

TEST_F(FragmentsDeathTest, MissingSyncwarpAfterAStore) {
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH(run(FragmentBug::kNoSyncAfterStore), "data race in shared memory: .*fragment_kernels.cu");
    return;
  }
  const std::vector<float> y = run(FragmentBug::kNoSyncAfterStore);
  EXPECT_TRUE(std::any_of(y.begin(), y.end(), [](float value) { return std::isnan(value); }));
}

TEST_F(FragmentsDeathTest, MisalignedMemory) {
  EXPECT_DEATH(run(FragmentBug::kMisaligned), "not aligned to 32 bytes at fragment_kernels.cu");
}

TEST_F(FragmentsDeathTest, StrideOfHalfAVector) {
  EXPECT_DEATH(run(FragmentBug::kStride), "stride is 40 bytes, not a multiple of 16, at fragment_kernels.cu");
}

TEST_F(FragmentsDeathTest, LanesThatDisagree) {
  EXPECT_DEATH(run(FragmentBug::kLanesDisagree), "lanes of a warp disagree about the memory of a fragment");
}

TEST_F(FragmentsDeathTest, LanesThatAreMissing) {
  EXPECT_DEATH(run(FragmentBug::kLanesAreMissing), "deadlock in .*multiply_kernel");
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
