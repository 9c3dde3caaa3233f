// kindling-compare-devices: its arithmetic, its tables, and its comparison of two backends (CPU and reference; the
// GPU's side is in compare_devices_cuda_test.cc).

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "apps/compare_devices/measure.h"
#include "apps/compare_devices/report.h"
#include "apps/compare_devices/steps.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/apps/small_comparison.h"

namespace kindling {
namespace {

using testing::HasSubstr;
using Cpu = CpuContext<float>;
using Reference = ReferenceContext<float>;

Measurement measurement_of(const std::string& device, Precision precision, std::vector<EpochTimes> epochs) {
  return {.device = device,
          .precision = precision,
          .epochs = std::move(epochs),
          .images_per_epoch = 1000,
          .flops_per_image = 3e9,
          .peak_flops_per_s = 1.2e13,
          .peak_memory_mb = 77,
          .first_losses = {2.5, 2.25}};
}

// The CPU takes 10, 6 and 8 s an epoch, the GPU 4, 1 and 1.
Comparison example() {
  const StepComparison good{.cpu_loss = 2.5, .loss = 2.5 + 4e-6, .update_difference = 1e-4};
  return {.measurements = {measurement_of("cpu", Precision::kFp32, {{1, 9, 10}, {0, 6, 6}, {2, 6, 8}}),
                           measurement_of("cuda", Precision::kFp32, {{1, 3, 4}, {0, 1, 1}, {0, 1, 1}})},
          .agreements = {{.device = "cuda",
                          .precision = Precision::kFp32,
                          .bounds = step_bounds(Precision::kFp32),
                          .steps = {good, good},
                          .free_cpu_losses = {2.5, 2.25},
                          .free_losses = {2.5, 2.125}}}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Measurement, HeadlineIsTheMeanOfAllEpochs) {
  const Measurement cpu = example().measurements.front();
  const EpochTimes mean = mean_of_all(cpu);
  EXPECT_DOUBLE_EQ(mean.data_s, 1);
  EXPECT_DOUBLE_EQ(mean.compute_s, 7);
  EXPECT_DOUBLE_EQ(mean.total_s, 8);
  EXPECT_DOUBLE_EQ(images_per_s(cpu, mean), 125);
  EXPECT_DOUBLE_EQ(flops_per_s(cpu, mean), 375e9);
  EXPECT_DOUBLE_EQ(share_of_peak(cpu, mean), 375e9 / 1.2e13);
}

TEST(Measurement, WithoutTheFirstEpochIsAMeanOfItsOwn) {
  const Comparison comparison = example();
  const auto cpu = mean_without_first(comparison.measurements[0]);
  const auto cuda = mean_without_first(comparison.measurements[1]);
  ASSERT_TRUE(cpu && cuda);
  EXPECT_DOUBLE_EQ(cpu->total_s, 7);
  EXPECT_DOUBLE_EQ(speed_up(*cpu, *cuda), 7);
  EXPECT_DOUBLE_EQ(speed_up(mean_of_all(comparison.measurements[0]), mean_of_all(comparison.measurements[1])), 4);
  EXPECT_FALSE(mean_without_first(measurement_of("cpu", Precision::kFp32, {{1, 2, 3}})));
}

TEST(Agreement, EveryStepAndTheFirstFreeLossCount) {
  const Agreement good = example().agreements.front();
  EXPECT_TRUE(agrees(good));
  Agreement other = good;
  other.steps[1].loss += 1e-5;
  EXPECT_FALSE(agrees(other));
  other = good;
  other.steps[1].update_difference = 2 * good.bounds.update;
  EXPECT_FALSE(agrees(other));
  other = good;
  other.steps[0].update_difference = std::nan("");
  EXPECT_FALSE(agrees(other));
  other = good;
  other.free_losses[0] += 1e-4;  // training began elsewhere
  EXPECT_FALSE(agrees(other));
  other = good;
  other.steps.clear();
  EXPECT_FALSE(agrees(other));
}

TEST(Report, FitsItsTerminalAndNamesWhatItShows) {
  const std::string text = to_text(example());
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_THAT(text, HasSubstr("PASS: cuda fp32 computes what the CPU computes"));
  EXPECT_THAT(text, HasSubstr("cuda fp32 over cpu fp32: 4.000 times as fast, 7.000 without the first epoch"));
  EXPECT_THAT(text, testing::ContainsRegex("cuda +fp32 +1 to 3 +0.333 +1.667 +2.000 +500.0 +1.500 +12.5 % +4.000"));
  EXPECT_THAT(text, testing::ContainsRegex("cuda +fp32 +2 to 3 +0.000 +1.000 +1.000 +1000.0 +3.000 +25.0 % +7.000"));
  EXPECT_THAT(text, testing::ContainsRegex("2 +2.500000 +2.500004 +4.0e-06 +1.0e-04 +2.250000 +2.125000 +1.2e-01"));
}

TEST(Report, SaysWhichStepsDisagree) {
  Comparison comparison = example();
  comparison.agreements.front().steps[1].loss = 2.6;
  const std::string text = to_text(comparison);
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_THAT(text, HasSubstr("FAIL: cuda fp32 computes something else than the CPU computes"));
  EXPECT_THAT(text, testing::ContainsRegex("2 +2.500000 +2.600000 +1.0e-01 +1.0e-04 !"));
  EXPECT_THAT(losses_csv(comparison), HasSubstr("cuda,fp32,2,2.5,2.6,0.1,1e-05,0.0001,0.03,no,2.25,2.125,0.125\n"));
}

TEST(Report, FilesHaveTheRowsOfTheScreen) {
  const std::string csv = devices_csv(example());
  EXPECT_EQ(lines_of(csv).size(), 1U + 2 * (3 + 2));
  EXPECT_THAT(csv, HasSubstr("cpu,fp32,1,1000,1.000000,9.000000,10.000000,100.000,0.3,0.025,1,12,77.0\n"));
  EXPECT_THAT(csv, HasSubstr("cuda,fp32,all,1000,0.333333,1.666667,2.000000,500.000,1.5,0.125,4,12,77.0\n"));
  EXPECT_THAT(csv, HasSubstr("cuda,fp32,without_first,1000,0.000000,1.000000,1.000000,1000.000,3,0.25,7,12,77.0\n"));
}

TEST(Report, OneEpochHasNoMeanWithoutTheFirst) {
  Comparison comparison{.measurements = {measurement_of("cpu", Precision::kFp32, {{1, 2, 3}})}};
  EXPECT_EQ(lines_of(devices_csv(comparison)).size(), 1U + 2);
  EXPECT_EQ(lines_of(losses_csv(comparison)).size(), 1U);
  EXPECT_THAT(to_text(comparison), testing::Not(HasSubstr("times as fast")));
}

TEST(MeasureTraining, CountsEpochsImagesAndLosses) {
  const CompareOptions options = test::small_comparison();
  Cpu cpu({.threads = 2});
  const Measurement measurement = measure_training(cpu, options, [] { return 5.0; });
  ASSERT_EQ(measurement.epochs.size(), 2U);
  EXPECT_EQ(measurement.images_per_epoch, 4 * 4);
  EXPECT_EQ(measurement.first_losses.size(), 3U);
  EXPECT_EQ(measurement.peak_memory_mb, 5);
  EXPECT_GT(measurement.flops_per_image, 0);
  for (const EpochTimes& epoch : measurement.epochs) EXPECT_GE(epoch.total_s, epoch.compute_s);
}

// What is compared on the screen, with the plain loops in the place of the GPU.
class CompareSteps : public testing::TestWithParam<NormKind> {
 protected:
  std::vector<HostBatch> batches() {
    DataFeed<Cpu> feed(cpu_, options(), Split::kTrain);
    return first_batches(feed.feed(), options().compare_steps);
  }
  static CompareOptions options() {
    CompareOptions options = test::small_comparison();
    options.network.norm = GetParam();
    return options;
  }
  // Of the CPU's model and of the other's on the same batches.
  Agreement compare(const ModelOptions& other_options) {
    Model<Cpu> wanted(cpu_, model_options(options()));
    Model<Reference> found(reference_, other_options);
    return {.device = "reference",
            .bounds = step_bounds(Precision::kFp32),
            .steps = compare_steps(wanted, found, batches()),
            .free_cpu_losses = measure_training(cpu_, options(), [] { return 0.0; }).first_losses,
            .free_losses = measure_training(reference_, options(), [] { return 0.0; }).first_losses};
  }

  Cpu cpu_{{.threads = 2}};
  Reference reference_;
};

TEST_P(CompareSteps, TwoBackendsComputeTheSame) {
  const Agreement agreement = compare(model_options(options()));
  EXPECT_EQ(agreement.steps.size(), 3U);
  EXPECT_TRUE(agrees(agreement)) << losses_csv({.measurements = {}, .agreements = {agreement}});
}

TEST_P(CompareSteps, OtherWeightsAtTheStartAreReplacedByTheCpus) {
  ModelOptions other = model_options(options());
  other.seed += 1;
  EXPECT_TRUE(agrees(compare(other)));
}

TEST_P(CompareSteps, AnotherLearningRateIsADifference) {
  ModelOptions other = model_options(options());
  other.hyperparameters.lr *= 1.1;
  const Agreement agreement = compare(other);
  EXPECT_FALSE(agrees(agreement));
  EXPECT_NEAR(agreement.steps.front().update_difference, 0.1, 1e-3);
}

TEST_P(CompareSteps, AMeasuredTrainingFromOtherWeightsIsADifference) {
  Agreement agreement = compare(model_options(options()));
  CompareOptions other = options();
  other.seed += 1;
  agreement.free_losses = measure_training(reference_, other, [] { return 0.0; }).first_losses;
  EXPECT_FALSE(agrees(agreement));
}

INSTANTIATE_TEST_SUITE_P(Norms, CompareSteps, testing::Values(NormKind::kBatch, NormKind::kNone),
                         [](const testing::TestParamInfo<NormKind>& instance) { return name_of(instance.param); });

}  // namespace
}  // namespace kindling
