#include "kernels/cudnn/autotune.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/expect_error.h"

namespace kindling {
namespace {

std::size_t fastest(const std::vector<float>& milliseconds) {
  return index_of_fastest(milliseconds);
}

TEST(Autotune, TakesTheFastest) {
  EXPECT_EQ(fastest({3.0F}), 0U);
  EXPECT_EQ(fastest({3.0F, 1.0F, 2.0F}), 1U);
  EXPECT_EQ(fastest({3.0F, 2.0F, 1.0F}), 2U);
}

TEST(Autotune, LeavesCudnnsOrderWhereTimesHardlyDiffer) {
  EXPECT_EQ(fastest({1.02F, 1.0F}), 0U);
  EXPECT_EQ(fastest({1.04F, 1.0F}), 1U);
  EXPECT_EQ(fastest({2.0F, 1.01F, 1.02F, 1.0F}), 1U);
}

TEST(Autotune, NeedsSomethingToCompare) {
  test::expect_error(ErrorCode::kInternal, "no plan was timed", [] { fastest({}); });
}

}  // namespace
}  // namespace kindling
