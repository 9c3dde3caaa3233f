#include "tests/cuda_on_cpu/correct_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/cuda_on_cpu/device_array.h"

namespace kindling::cuda_on_cpu {
namespace {

using testing::Each;
using testing::ElementsAre;

std::vector<float> counting(std::size_t n) {
  std::vector<float> values(n);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

// Sizes that are no multiple of a block.
TEST(CorrectKernels, AddScaled) {
  const int n = 1000;
  const DeviceArray<float> x(counting(n));
  const DeviceArray<float> y(std::vector<float>(n, 1.0F));
  const Stream stream;
  add_scaled(2, x.get(), y.get(), n, stream);
  const std::vector<float> got = y.values();
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], 1 + 2 * static_cast<float>(i));
}

TEST(CorrectKernels, SumRows) {
  const int rows = 5;
  const int columns = 300;
  const DeviceArray<float> x(std::vector<float>(rows * columns, 0.5F));
  const DeviceArray<float> sums(rows);
  const Stream stream;
  sum_rows(x.get(), sums.get(), rows, columns, stream);
  EXPECT_THAT(sums.values(), Each(150.0F));
}

TEST(CorrectKernels, ReverseBlocks) {
  const DeviceArray<float> x(counting(6));
  const DeviceArray<float> y(6);
  const Stream stream;
  reverse_blocks(x.get(), y.get(), 6, 3, stream);
  EXPECT_THAT(y.values(), ElementsAre(2, 1, 0, 5, 4, 3));
}

TEST(CorrectKernels, Histogram) {
  std::vector<int> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i % 4);
  const DeviceArray<int> x(values);
  const DeviceArray<int> counts(4);
  const Stream stream;
  ASSERT_EQ(cudaMemsetAsync(counts.get(), 0, counts.bytes(), stream), cudaSuccess);
  histogram(x.get(), counts.get(), 1000, stream);
  EXPECT_THAT(counts.values(), Each(250));
}

TEST(CorrectKernels, AddIndexBf16) {
  const DeviceArray<std::uint16_t> x(std::vector<std::uint16_t>(6, 0x3f80));  // 1
  const DeviceArray<std::uint16_t> y(6);
  const Stream stream;
  add_index_bf16(x.get(), y.get(), 6, stream);
  EXPECT_THAT(y.values(), ElementsAre(0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0));  // 1, 2, ..., 6
}

TEST(CorrectKernels, CountPositive) {
  std::vector<float> values(8 * 32, -1.0F);
  for (std::size_t warp = 0; warp < 8; ++warp) {
    for (std::size_t lane = 0; lane < warp; ++lane) values[warp * 32 + lane] = 1;
  }
  const DeviceArray<float> x(values);
  const DeviceArray<int> votes(8);
  const Stream stream;
  count_positive(x.get(), votes.get(), 8, stream);
  EXPECT_THAT(votes.values(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
