#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/common_options.h"

namespace kindling {

// What kindling-compare-devices found out, and the arithmetic on it.

// Seconds of one epoch's training, or means over epochs.
struct EpochTimes {
  double data_s = 0;     // the trainer's wait for the loader
  double compute_s = 0;  // forward to optimizer
  double total_s = 0;    // wall time
};

// One device in one precision.
struct Measurement {
  std::string device;  // "cpu" or "cuda"
  Precision precision = Precision::kFp32;
  std::vector<EpochTimes> epochs;
  std::int64_t images_per_epoch = 0;
  double flops_per_image = 0;
  double peak_flops_per_s = 0;       // what the device reached at best when it was asked for that alone
  double peak_memory_mb = 0;         // MiB
  std::vector<double> first_losses;  // of the first steps of training
};

// Over all epochs, the headline; and without the first, which warms up (memory, plans, graphs): empty where it is the
// only one.
EpochTimes mean_of_all(const Measurement& measurement);
std::optional<EpochTimes> mean_without_first(const Measurement& measurement);

double images_per_s(const Measurement& measurement, const EpochTimes& times);
double flops_per_s(const Measurement& measurement, const EpochTimes& times);
double share_of_peak(const Measurement& measurement, const EpochTimes& times);
// How many times as fast as the baseline, by total.
double speed_up(const EpochTimes& baseline, const EpochTimes& times);

// How far one step of a device may be from the CPU's that starts from the same weights, statistics and momentum.
struct StepBounds {
  double loss = 0;           // absolute,
  double relative_loss = 0;  // and for each unit of the CPU's loss
  double update = 0;         // |difference of the new parameters| / |the CPU's update|, by norms
};

// Losses: those of tests/engine/device_training_test.cc, and for tf32 those of bf16 less the three bits that it has
// more. Updates: about three times what rounding alone makes of PyTorch's at full width, mostly by ReLUs that switch
// the other way (tests/golden/step_rounding.py, docs/NUMERICS.md). That finds a term that is missing or wrong; what is
// smaller is left to the tests of the ops.
StepBounds step_bounds(Precision precision);

struct StepComparison {
  double cpu_loss = 0;
  double loss = 0;
  double update_difference = 0;  // as StepBounds::update
};

// Of vectors of the same length.
double norm_of_difference(const std::vector<float>& a, const std::vector<float>& b);

double loss_bound(const StepBounds& bounds, double cpu_loss);
bool is_within(const StepBounds& bounds, const StepComparison& step);

// A device and precision beside the CPU in fp32.
struct Agreement {
  std::string device;
  Precision precision = Precision::kFp32;
  StepBounds bounds;
  std::vector<StepComparison> steps;  // each from the CPU's state
  // Of training as it was measured: only the first step begins with the same state; then rounding grows, chaotically.
  std::vector<double> free_cpu_losses = {};
  std::vector<double> free_losses = {};
};

// All steps, and the first loss of the measured training.
bool agrees(const Agreement& agreement);

struct Comparison {
  std::vector<Measurement> measurements;  // the first is the CPU's in fp32: what speed-ups refer to
  std::vector<Agreement> agreements = {};
};

}  // namespace kindling
