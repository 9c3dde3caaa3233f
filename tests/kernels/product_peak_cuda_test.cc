// The matrix products of the GPU's peak measurement.

#include "kernels/cuda/product_peak.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/buffer.h"
#include "kernels/cuda/cuda_context.h"
#include "tests/support/random_values.h"

namespace kindling {
namespace {

class ProductPeak : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda();
    if (!reason.empty()) GTEST_SKIP() << reason;
    if (!has_tensor_precisions()) GTEST_SKIP() << "no tf32 and bf16 before sm_80";
  }
};

// Small integers: bf16 holds them, and their sums are exact.
TEST_F(ProductPeak, Bf16ProductsAreProducts) {
  using C = CudaContext<bfloat16>;
  constexpr MatrixProduct kSize{.rows = 3, .columns = 5, .depth = 7};
  C context;
  test::RandomValues random(1);
  const auto integers = [&](std::int64_t count) {
    std::vector<bfloat16> values;
    for (const double value : random.small_integers(count)) values.emplace_back(static_cast<float>(value));
    return values;
  };
  const std::vector<bfloat16> a = integers(kSize.rows * kSize.depth);
  const std::vector<bfloat16> b = integers(kSize.depth * kSize.columns);
  const Buffer<C, bfloat16> device_a(context, kSize.rows * kSize.depth, "a");
  const Buffer<C, bfloat16> device_b(context, kSize.depth * kSize.columns, "b");
  const Buffer<C, bfloat16> device_c(context, kSize.rows * kSize.columns, "c");
  from_host<C, bfloat16>(context, device_a.view(), a);
  from_host<C, bfloat16>(context, device_b.view(), b);
  context.blas().multiply(kSize, device_a.view().data(), device_b.view().data(), device_c.view().data());
  const std::vector<bfloat16> c = to_host<C, bfloat16>(context, device_c.view());
  for (std::int64_t i = 0; i < kSize.rows; ++i) {
    for (std::int64_t j = 0; j < kSize.columns; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < kSize.depth; ++k) {
        sum += static_cast<float>(a[static_cast<std::size_t>(i * kSize.depth + k)]) *
               static_cast<float>(b[static_cast<std::size_t>(k * kSize.columns + j)]);
      }
      EXPECT_EQ(c[static_cast<std::size_t>(i * kSize.columns + j)].bits, bfloat16(sum).bits) << i << ", " << j;
    }
  }
}

TEST_F(ProductPeak, MeasuresEveryType) {
  for (const ProductType type : {ProductType::kFp32, ProductType::kTf32, ProductType::kBf16}) {
    const double flops_per_s = product_flops_per_s(type, 16);
    EXPECT_TRUE(std::isfinite(flops_per_s));
    EXPECT_GT(flops_per_s, 0);
  }
}

}  // namespace
}  // namespace kindling
