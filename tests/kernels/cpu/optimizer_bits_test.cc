#include <gtest/gtest.h>

#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/support/optimizer_case.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

// No reduction, no fused multiply-add, the same function for every element: the bits can't depend on threads or on
// where vectors and chunks end, and are the oracle's.
TEST(CpuOptimizerStep, GivesTheBitsOfTheReferenceForAnyThreadCount) {
  constexpr std::int64_t kElements = 5 * 16384 + 45;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    ReferenceContext<float> reference;
    GoldenRun<ReferenceContext<float>> want(reference, of, kElements);
    for (std::int64_t t = 1; t <= 3; ++t) want.step(t);
    for (int threads = 1; threads <= 4; ++threads) {
      CpuContext<float> context({.threads = threads});
      GoldenRun<CpuContext<float>> got(context, of, kElements);
      for (std::int64_t t = 1; t <= 3; ++t) got.step(t);
      EXPECT_EQ(got.params(), want.params()) << of.name << ", threads " << threads;
      EXPECT_EQ(got.moments(), want.moments()) << of.name << ", threads " << threads;
    }
  }
}

}  // namespace
}  // namespace kindling
