#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "apps/common_options.h"
#include "engine/optim/hyperparameters.h"
#include "engine/optim/schedule.h"
#include "engine/resnet18.h"
#include "kernels/conv_algorithm.h"

namespace kindling {

enum class Device { kAuto, kCpu, kCuda };

// What the user asked for, as it stands on the command line (and its defaults, which are the task's). Groups as in
// --help.
struct TrainOptions : DataOptions {
  // Model and device
  NetworkOptions network;
  Device device = Device::kAuto;
  Precision precision = Precision::kFp32;
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  int threads = 0;
  std::filesystem::path autotune;  // plan cache; empty: cuDNN's own choice
  std::filesystem::path init_weights;

  // Optimizer
  OptimizerKind optimizer = OptimizerKind::kSgd;
  Recipe recipe = Recipe::kAssignment;
  HyperparameterFlags flags;
  ScheduleKind schedule = ScheduleKind::kConstant;
  std::int64_t warmup_epochs = 0;
  double label_smoothing = 0;

  // Run
  std::int64_t epochs = 5;
  std::optional<double> max_minutes;
  bool evaluate = true;
  bool test_only = false;
  std::optional<double> target_top1;
  bool summary = false;
  bool sync_timing = false;
  bool fixed_batch = false;
  std::int64_t validation_images = 0;  // held out of the training set, and evaluated on instead of the test set

  // Output
  std::filesystem::path output_dir = "out";
  bool overwrite = false;
  std::string resume;                            // empty, "auto" or a path
  std::optional<std::int64_t> checkpoint_every;  // steps; empty: once an epoch
  // Checkpoints of so many steps. One is about twice the weights; a second guards against a newest that goes bad.
  std::int64_t keep = 2;
  std::optional<std::int64_t> log_norms;  // steps between rows of norms.csv; empty: no such file
  std::filesystem::path trace;            // empty: no trace
};

// Reads the command line. Empty when --help or --version was all that was asked. Throws Error(kUsage) for what is
// unknown, impossible or contradictory.
std::optional<TrainOptions> parse_train_options(int argc, const char* const* argv);

}  // namespace kindling
