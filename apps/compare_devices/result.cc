#include "apps/compare_devices/result.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace kindling {
namespace {

EpochTimes mean(std::span<const EpochTimes> epochs) {
  EpochTimes sum;
  for (const EpochTimes& epoch : epochs) {
    sum.data_s += epoch.data_s;
    sum.compute_s += epoch.compute_s;
    sum.total_s += epoch.total_s;
  }
  const auto count = static_cast<double>(epochs.size());
  return {.data_s = sum.data_s / count, .compute_s = sum.compute_s / count, .total_s = sum.total_s / count};
}

bool is_loss_within(const StepBounds& bounds, double cpu_loss, double loss) {
  return std::abs(loss - cpu_loss) <= loss_bound(bounds, cpu_loss);
}

}  // namespace

EpochTimes mean_of_all(const Measurement& measurement) {
  return mean(measurement.epochs);
}

std::optional<EpochTimes> mean_without_first(const Measurement& measurement) {
  if (measurement.epochs.size() < 2) return std::nullopt;
  return mean(std::span(measurement.epochs).subspan(1));
}

double images_per_s(const Measurement& measurement, const EpochTimes& times) {
  return static_cast<double>(measurement.images_per_epoch) / times.total_s;
}

double flops_per_s(const Measurement& measurement, const EpochTimes& times) {
  return measurement.flops_per_image * images_per_s(measurement, times);
}

double share_of_peak(const Measurement& measurement, const EpochTimes& times) {
  return flops_per_s(measurement, times) / measurement.peak_flops_per_s;
}

double speed_up(const EpochTimes& baseline, const EpochTimes& times) {
  return baseline.total_s / times.total_s;
}

StepBounds step_bounds(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return {.loss = 0, .relative_loss = 1e-2, .update = 0.8};
    case Precision::kTf32:
      return {.loss = 0, .relative_loss = 1e-2 / 8, .update = 0.3};
    case Precision::kFp32:
      break;
  }
  return {.loss = 1e-5, .relative_loss = 0, .update = 3e-2};
}

double norm_of_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = double{a[i]} - double{b[i]};
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

double loss_bound(const StepBounds& bounds, double cpu_loss) {
  return bounds.loss + bounds.relative_loss * std::abs(cpu_loss);
}

// Comparisons that NaN fails.
bool is_within(const StepBounds& bounds, const StepComparison& step) {
  return is_loss_within(bounds, step.cpu_loss, step.loss) && step.update_difference <= bounds.update;
}

bool agrees(const Agreement& agreement) {
  const auto is_good = [&](const StepComparison& step) { return is_within(agreement.bounds, step); };
  return !agreement.steps.empty() && std::all_of(agreement.steps.begin(), agreement.steps.end(), is_good) &&
         !agreement.free_cpu_losses.empty() && !agreement.free_losses.empty() &&
         is_loss_within(agreement.bounds, agreement.free_cpu_losses.front(), agreement.free_losses.front());
}

}  // namespace kindling
