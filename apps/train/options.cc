#include "apps/train/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "apps/choice.h"
#include "apps/conv_choice.h"
#include "apps/program.h"
#include "apps/version.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

constexpr std::pair<const char*, Device> kDevices[] = {
    {"auto", Device::kAuto}, {"cpu", Device::kCpu}, {"cuda", Device::kCuda}};
constexpr std::pair<const char*, OptimizerKind> kOptimizers[] = {{"sgd", OptimizerKind::kSgd},
                                                                 {"nesterov", OptimizerKind::kNesterov},
                                                                 {"adagrad", OptimizerKind::kAdagrad},
                                                                 {"adadelta", OptimizerKind::kAdadelta},
                                                                 {"adam", OptimizerKind::kAdam}};
constexpr std::pair<const char*, Recipe> kRecipes[] = {
    {"assignment", Recipe::kAssignment}, {"torch-defaults", Recipe::kTorchDefaults}, {"tuned", Recipe::kTuned}};
constexpr std::pair<const char*, ScheduleKind> kSchedules[] = {
    {"constant", ScheduleKind::kConstant}, {"cosine", ScheduleKind::kCosine}, {"onecycle", ScheduleKind::kOneCycle}};

void add_model_options(CLI::App& app, TrainOptions& options) {
  const std::string group = "Model and device";
  add_network_options(app, options.network, group.c_str());
  add_choice(app, "--device", options.device, kDevices, "auto: CUDA where there is a GPU, else the CPU")->group(group);
  add_choice(app, "--precision", options.precision, kPrecisions, "arithmetic of convolutions and activations")
      ->group(group);
  add_choice(app, "--conv", options.conv, kConvolutions,
             "convolution algorithm; auto chooses by shape, on the CPU between direct and winograd2")
      ->group(group);
  app.add_option("--autotune", options.autotune,
                 "time cuDNN's plans for each convolution instead of taking its first; FILE keeps the choice")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--threads", options.threads, "compute threads; 0: one for each CPU of the job")
      ->capture_default_str()
      ->group(group);
  app.add_option("--init-weights", options.init_weights, "start from these weights (safetensors, PyTorch's names)")
      ->type_name("FILE")
      ->group(group);
}

void add_optimizer_options(CLI::App& app, TrainOptions& options, std::vector<double>& betas) {
  const std::string group = "Optimizer";
  HyperparameterFlags& flags = options.flags;
  add_choice(app, "--opt", options.optimizer, kOptimizers, "optimizer")->group(group);
  add_choice(app, "--recipe", options.recipe, kRecipes, "where hyperparameters come from that no flag sets")
      ->group(group);
  app.add_option("--lr", flags.lr, "learning rate (assignment: 0.1)")->group(group);
  app.add_option("--momentum", flags.momentum, "sgd, nesterov (assignment: 0.9)")->group(group);
  app.add_option("--weight-decay", flags.weight_decay, "L2, added to the gradient (assignment: 5e-4)")->group(group);
  app.add_option("--rho", flags.rho, "adadelta")->group(group);
  app.add_option("--betas", betas, "adam")->expected(2)->type_name("B1 B2")->group(group);
  app.add_option("--eps", flags.eps, "adagrad, adadelta, adam")->group(group);
  app.add_option("--lr-decay", flags.lr_decay, "adagrad")->group(group);
  add_choice(app, "--lr-schedule", options.schedule, kSchedules, "learning rate over the steps")->group(group);
  app.add_option("--warmup-epochs", options.warmup_epochs, "linear warm-up of the learning rate")
      ->capture_default_str()
      ->group(group);
  app.add_option("--label-smoothing", options.label_smoothing, "0 to 1, training only")
      ->capture_default_str()
      ->group(group);
}

void add_run_options(CLI::App& app, TrainOptions& options) {
  const std::string run = "Run";
  app.add_option("--epochs", options.epochs, "passes over the training set")->capture_default_str()->group(run);
  app.add_option("--seed", options.seed, "of weights, order, crops and flips")->capture_default_str()->group(run);
  app.add_option("--max-minutes", options.max_minutes,
                 "stop in good order, with a checkpoint, after this long (an evaluation is finished first)")
      ->group(run);
  add_off_switch(app, "--no-eval", options.evaluate, "no evaluation after the epochs")->group(run);
  app.add_flag("--test-only", options.test_only, "only evaluate --init-weights on the test set")->group(run);
  app.add_option("--target-top1", options.target_top1, "exit 7 unless the last test top-1 reaches this (0 to 1)")
      ->group(run);
  app.add_option("--validation-images", options.validation_images,
                 "hold out N training images, always the same, and evaluate on them instead of the test set")
      ->type_name("N")
      ->capture_default_str()
      ->group(run);
  app.add_flag("--fixed-batch", options.fixed_batch,
               "train on the first batch again and again: what computing takes without loading")
      ->group(run);
  app.add_flag("--sync-timing", options.sync_timing,
               "wait for each step before the next batch is taken, so that data_ms and compute_ms add up (slower)")
      ->group(run);
  app.add_flag("--summary", options.summary, "print the layers of the model and stop")->group(run);

  const std::string output = "Output";
  app.add_option("--output-dir", options.output_dir, "folder for logs, weights and checkpoints")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(output);
  app.add_flag("--overwrite", options.overwrite, "replace an earlier run in the output folder")->group(output);
  app.add_option("--log-norms", options.log_norms,
                 "every N steps the sizes of activations, gradients and weights of each stage, into norms.csv")
      ->type_name("N")
      ->group(output);
  app.add_option("--trace", options.trace,
                 "what every thread did and when, for Perfetto or chrome://tracing (about 5 kB a batch)")
      ->type_name("FILE")
      ->group(output);
  app.add_option("--resume", options.resume,
                 "go on from the newest checkpoint of the output folder (auto), or from PATH")
      ->type_name("{auto,PATH}")
      ->group(output);
  app.add_option_function<std::string>(
         "--checkpoint-every",
         [&options](const std::string& text) {
           if (text == "epoch") return;
           try {
             std::size_t used = 0;
             options.checkpoint_every = std::stoll(text, &used);
             if (used == text.size() && *options.checkpoint_every > 0) return;
           } catch (const std::exception&) {  // reported below, as any other bad value
           }
           throw Error(ErrorCode::kUsage,
                       fmt::format("--checkpoint-every is '{}'; it is a number of steps or 'epoch'", text));
         },
         "steps between checkpoints, or 'epoch'")
      ->default_str("epoch")
      ->type_name("{N,epoch}")
      ->group(output);
  app.add_option("--keep", options.keep, "how many checkpoints to keep, the newest")
      ->capture_default_str()
      ->type_name("N")
      ->group(output);
}

void require_between(const char* flag, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be between {} and {}", flag, value, low, high));
  }
}

// What each option may be by itself, and what contradicts what.
void check(const TrainOptions& options) {
  check_data_options(options);
  check_network_options(options.network);
  require_at_least("--threads", options.threads, 0);
  require_at_most("--threads", options.threads, 1024);
  require_at_least("--epochs", options.epochs, 1);
  require_at_most("--epochs", options.epochs, 1'000'000'000);
  require_at_least("--validation-images", options.validation_images, 0);
  require_at_least("--keep", options.keep, 1);
  if (options.log_norms) require_at_least("--log-norms", *options.log_norms, 1);
  require_between("--label-smoothing", options.label_smoothing, 0, 1);
  if (options.max_minutes) require_between("--max-minutes", *options.max_minutes, 0, 1e9);
  if (options.target_top1) require_between("--target-top1", *options.target_top1, 0, 1);
  const auto contradict = [](bool both, const char* what) {
    if (both) throw Error(ErrorCode::kUsage, what);
  };
  contradict(options.test_only && !options.autotune.empty(), "--test-only and --autotune contradict each other");
  contradict(options.overwrite && !options.resume.empty(), "--overwrite and --resume contradict each other");
  contradict(options.test_only && !options.trace.empty(), "--test-only and --trace contradict each other");
  contradict(options.test_only && options.log_norms, "--test-only and --log-norms contradict each other");
  contradict(options.test_only && options.fixed_batch, "--test-only and --fixed-batch contradict each other");
  contradict(options.test_only && options.init_weights.empty(), "--test-only needs --init-weights FILE");
  contradict(options.test_only && !options.resume.empty(), "--test-only and --resume contradict each other");
  contradict(!options.resume.empty() && options.resume != "auto" && !options.init_weights.empty(),
             "--init-weights and --resume PATH contradict each other");
  contradict(options.target_top1 && !options.evaluate, "--target-top1 and --no-eval contradict each other");
  if (!options.summary) require_data_path(options);
}

}  // namespace

std::optional<TrainOptions> parse_train_options(int argc, const char* const* argv) {
  TrainOptions options;
  std::vector<double> betas;
  CLI::App app(
      "Trains ResNet-18 on CIFAR-10. Without options: 5 epochs of SGD, batch 128, lr 0.1, momentum 0.9, weight decay "
      "5e-4.",
      "kindling-train");
  app.set_version_flag("--version", version_text());
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // as argparse: scripts append options
  add_data_options(app, options);
  add_model_options(app, options);
  add_optimizer_options(app, options, betas);
  add_run_options(app, options);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (betas.size() == 2) {
    options.flags.beta1 = betas[0];
    options.flags.beta2 = betas[1];
  }
  check(options);
  resolve_hyperparameters(options.optimizer, options.recipe, options.flags);  // throws for what makes no sense
  return options;
}

}  // namespace kindling
