// The GPU's side of kindling-compare-devices: measured, and beside the CPU step by step.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "apps/compare_devices/cuda_side.h"
#include "apps/compare_devices/measure.h"
#include "apps/compare_devices/report.h"
#include "tests/apps/small_comparison.h"

namespace kindling {
namespace {

using Cpu = CpuContext<float>;

class CompareDevices : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    const std::string reason = why_no_cuda_side();
    if (!reason.empty()) GTEST_SKIP() << reason;
    if (!cuda_has(GetParam())) GTEST_SKIP() << describe_cuda() << " lacks " << name_of(GetParam());
  }

  // What the program says of the GPU that was measured so, beside the CPU with the small comparison's options.
  Agreement compare(const Measurement& cuda) {
    const CompareOptions options = test::small_comparison();
    DataFeed<Cpu> feed(cpu_, options, Split::kTrain);
    const std::vector<HostBatch> batches = first_batches(feed.feed(), options.compare_steps);
    return {.device = "cuda",
            .precision = GetParam(),
            .bounds = step_bounds(GetParam()),
            .steps = compare_cuda_steps(cpu_, options, GetParam(), batches),
            .free_cpu_losses = measure_training(cpu_, options, [] { return 0.0; }).first_losses,
            .free_losses = cuda.first_losses};
  }

  Cpu cpu_{{.threads = 2}};
};

TEST_P(CompareDevices, IsMeasuredAndComputesWhatTheCpuComputes) {
  const CompareOptions options = test::small_comparison();
  const Measurement measurement = measure_cuda(options, GetParam());
  EXPECT_EQ(measurement.device, "cuda");
  EXPECT_EQ(measurement.precision, GetParam());
  EXPECT_EQ(measurement.epochs.size(), 2U);
  EXPECT_EQ(measurement.images_per_epoch, 4 * 4);
  EXPECT_TRUE(std::isfinite(measurement.peak_flops_per_s));
  EXPECT_GT(measurement.peak_flops_per_s, 0);
  // At least the parameters, their gradients and momentum, 4 bytes each.
  const Model<Cpu> model(cpu_, model_options(options));
  EXPECT_GT(measurement.peak_memory_mb * (1U << 20U), 12.0 * static_cast<double>(model.parameters().size()));

  Agreement agreement = compare(measurement);
  EXPECT_EQ(agreement.steps.size(), 3U);  // as it is, captured, replayed
  EXPECT_TRUE(agrees(agreement)) << losses_csv({.measurements = {}, .agreements = {agreement}});

  if (GetParam() != Precision::kFp32) return;
  CompareOptions other = options;  // the measured training from other weights, on other batches
  other.seed += 1;
  agreement.free_losses = measure_cuda(other, GetParam()).first_losses;
  EXPECT_FALSE(agrees(agreement));
}

INSTANTIATE_TEST_SUITE_P(Precisions, CompareDevices,
                         testing::Values(Precision::kFp32, Precision::kTf32, Precision::kBf16),
                         [](const testing::TestParamInfo<Precision>& instance) { return name_of(instance.param); });

}  // namespace
}  // namespace kindling
