#include "kernels/core/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kindling {
namespace {

TEST(Bfloat16, RoundsToNearestEven) {
  EXPECT_EQ(bfloat16(1.0F).bits, 0x3f80);
  EXPECT_EQ(bfloat16(1.0F + 0x1p-8F).bits, 0x3f80);            // a tie goes to the even neighbour below
  EXPECT_EQ(bfloat16(1.0F + 0x1p-7F + 0x1p-8F).bits, 0x3f82);  // and above
  EXPECT_EQ(bfloat16(1.0F + 0x1p-8F + 0x1p-20F).bits, 0x3f81);
  EXPECT_EQ(bfloat16(-1.0F).bits, 0xbf80);
}

TEST(Bfloat16, KeepsInfinityAndNan) {
  EXPECT_EQ(static_cast<float>(bfloat16(std::numeric_limits<float>::infinity())),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(static_cast<float>(bfloat16(std::numeric_limits<float>::max())), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(static_cast<float>(bfloat16(std::nanf("")))));
  EXPECT_TRUE(std::isnan(static_cast<float>(bfloat16(std::bit_cast<float>(0x7f800001U)))));
}

TEST(Bfloat16, EveryValueSurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    bfloat16 value;
    value.bits = static_cast<std::uint16_t>(bits);
    const auto wide = static_cast<float>(value);
    if (!std::isnan(wide)) {
      EXPECT_EQ(bfloat16(wide).bits, bits);
    }
  }
}

}  // namespace
}  // namespace kindling
