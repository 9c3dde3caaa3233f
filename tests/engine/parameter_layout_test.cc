#include "engine/parameter_layout.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

namespace kindling {
namespace {

TEST(ParameterLayout, TensorsAreAlignedAndDoNotOverlap) {
  ParameterLayout layout;
  layout.add_parameter("a", {3, 5}, Initializer::kZeros);
  layout.add_parameter("b", {64}, Initializer::kZeros);
  layout.add_parameter("c", {1}, Initializer::kZeros);
  EXPECT_EQ(layout.parameters()[1].offset, 64);
  EXPECT_EQ(layout.parameters()[2].offset, 128);
  EXPECT_EQ(layout.parameter_arena_size(), 192);
  EXPECT_EQ(layout.parameter_count(), 15 + 64 + 1);
}

TEST(FilterOrder, FilesAreOihwAndMemoryIsKrsc) {
  // Element (k, c, r, s) of a 2x3x2x2 filter carries the value 1000 k + 100 c + 10 r + s.
  std::vector<float> file;
  for (int k = 0; k < 2; ++k) {
    for (int c = 0; c < 3; ++c) {
      for (int r = 0; r < 2; ++r) {
        for (int s = 0; s < 2; ++s) file.push_back(static_cast<float>(1000 * k + 100 * c + 10 * r + s));
      }
    }
  }
  const std::vector<float> memory = file_to_memory_order(file, {2, 3, 2, 2});
  EXPECT_EQ(memory[((1 * 2 + 0) * 2 + 1) * 3 + 2], 1201.0F);  // k 1, r 0, s 1, c 2
  EXPECT_EQ(memory_to_file_order(memory, {2, 3, 2, 2}), file);
  EXPECT_EQ(file_to_memory_order(file, {24}), file);
}

TEST(InitialValues, UniformWithinTheFanInBound) {
  ParameterLayout layout;
  layout.add_parameter("w", {64, 16, 3, 3}, Initializer::kUniformFanIn, 144);
  const std::vector<float> values = initial_values(layout.parameters()[0], 0, 1);
  const auto bound = static_cast<float>(1.0 / 12.0);
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    ASSERT_LE(std::abs(value), bound);
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  // The mean of n draws has the standard deviation bound / sqrt(3 n); four of them are allowed. The variance of a
  // uniform variable is bound^2 / 3, and its estimate has a relative deviation of 2 / sqrt(5 n).
  const auto n = static_cast<double>(values.size());
  EXPECT_LT(std::abs(sum / n), 4 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(squares / n, bound * bound / 3, 4 * bound * bound / 3 * 2 / std::sqrt(5 * n));
}

TEST(InitialValues, DependOnSeedTensorAndElementOnly) {
  ParameterLayout layout;
  layout.add_parameter("w", {10, 100}, Initializer::kUniformFanIn, 100);
  const ParameterInfo& parameter = layout.parameters()[0];
  EXPECT_EQ(initial_values(parameter, 3, 7), initial_values(parameter, 3, 7));
  EXPECT_NE(initial_values(parameter, 3, 7), initial_values(parameter, 4, 7));
  EXPECT_NE(initial_values(parameter, 3, 7), initial_values(parameter, 3, 8));
  const std::vector<float> values = initial_values(parameter, 3, 7);
  EXPECT_GT(std::set<float>(values.begin(), values.end()).size(), 990U);
}

TEST(InitialValues, ConstantsForNorms) {
  ParameterLayout layout;
  layout.add_parameter("gamma", {4}, Initializer::kOnes);
  layout.add_parameter("beta", {4}, Initializer::kZeros);
  EXPECT_THAT(initial_values(layout.parameters()[0], 0, 1), testing::Each(1.0F));
  EXPECT_THAT(initial_values(layout.parameters()[1], 1, 1), testing::Each(0.0F));
}

}  // namespace
}  // namespace kindling
