#include "apps/train/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "apps/program.h"
#include "apps/version.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

constexpr std::pair<const char*, DatasetKind> kDatasets[] = {
    {"cifar10", DatasetKind::kCifar10}, {"png", DatasetKind::kPng}, {"synthetic", DatasetKind::kSynthetic}};
constexpr std::pair<const char*, Cache> kCaches[] = {
    {"none", Cache::kNone}, {"encoded", Cache::kEncoded}, {"decoded", Cache::kDecoded}};
constexpr std::pair<const char*, Device> kDevices[] = {
    {"auto", Device::kAuto}, {"cpu", Device::kCpu}, {"cuda", Device::kCuda}};
constexpr std::pair<const char*, Precision> kPrecisions[] = {
    {"fp32", Precision::kFp32}, {"tf32", Precision::kTf32}, {"bf16", Precision::kBf16}};
constexpr std::pair<const char*, ConvAlgorithm> kConvolutions[] = {
    {"auto", ConvAlgorithm::kAuto},           {"direct", ConvAlgorithm::kDirect},
    {"winograd2", ConvAlgorithm::kWinograd2}, {"winograd4", ConvAlgorithm::kWinograd4},
    {"cudnn", ConvAlgorithm::kCudnn},         {"implicit-gemm", ConvAlgorithm::kImplicitGemm}};
constexpr std::pair<const char*, NormKind> kNorms[] = {{"batch", NormKind::kBatch}, {"none", NormKind::kNone}};
constexpr std::pair<const char*, OptimizerKind> kOptimizers[] = {{"sgd", OptimizerKind::kSgd},
                                                                 {"nesterov", OptimizerKind::kNesterov},
                                                                 {"adagrad", OptimizerKind::kAdagrad},
                                                                 {"adadelta", OptimizerKind::kAdadelta},
                                                                 {"adam", OptimizerKind::kAdam}};
constexpr std::pair<const char*, Recipe> kRecipes[] = {
    {"assignment", Recipe::kAssignment}, {"torch-defaults", Recipe::kTorchDefaults}, {"tuned", Recipe::kTuned}};
constexpr std::pair<const char*, ScheduleKind> kSchedules[] = {
    {"constant", ScheduleKind::kConstant}, {"cosine", ScheduleKind::kCosine}, {"onecycle", ScheduleKind::kOneCycle}};

template <class T, std::size_t N>
const char* name_in(const std::pair<const char*, T> (&choices)[N], T value) {
  for (const auto& [name, choice] : choices) {
    if (choice == value) return name;
  }
  return "?";
}

// An option that takes one of a few names.
template <class T, std::size_t N>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, T& value, const std::pair<const char*, T> (&choices)[N],
                        const std::string& description) {
  std::vector<std::string> names;
  for (const auto& [name, choice] : choices) names.emplace_back(name);
  return app
      .add_option_function<std::string>(
          flag,
          [&value, &choices](const std::string& text) {
            for (const auto& [name, choice] : choices) {
              if (text == name) value = choice;
            }
          },
          description)
      ->check(CLI::IsMember(names).description(""))
      ->type_name(fmt::format("{{{}}}", fmt::join(names, ",")))
      ->default_str(name_in(choices, value));
}

// A flag that turns off what is on by default.
CLI::Option* add_off_switch(CLI::App& app, const std::string& flag, bool& value, const std::string& description) {
  return app.add_flag_callback(
      flag, [&value] { value = false; }, description);
}

void add_data_options(CLI::App& app, TrainOptions& options) {
  const std::string group = "Data";
  app.add_option("--data-path", options.dataset.path,
                 "folder of the .bin files or its parent; for png ROOT/{train,test}/CLASS")
      ->envname("KINDLING_DATA")
      ->type_name("DIR")
      ->group(group);
  add_choice(app, "--dataset", options.dataset.kind, kDatasets, "what to train on")->group(group);
  add_choice(app, "--cache", options.dataset.cache, kCaches, "what of PNG files to keep in memory")->group(group);
  app.add_option("-b,--batch-size", options.batch_size, "images in a batch")->capture_default_str()->group(group);
  app.add_option("-j,--workers", options.workers, "loader threads; 0: the trainer loads by itself")
      ->capture_default_str()
      ->group(group);
  app.add_option("--prefetch", options.prefetch, "batches filled ahead of the trainer")
      ->capture_default_str()
      ->group(group);
  add_off_switch(app, "--no-augment", options.augment, "no random crop and flip")->group(group);
  add_off_switch(app, "--no-shuffle", options.shuffle, "the order of the files in every epoch")->group(group);
  app.add_option("--limit-batches", options.limit_batches, "at most N batches an epoch, in training and in evaluation")
      ->type_name("N")
      ->group(group);
}

void add_model_options(CLI::App& app, TrainOptions& options) {
  const std::string group = "Model and device";
  app.add_option("--width", options.network.width, "channels of the first stage")->capture_default_str()->group(group);
  add_choice(app, "--norm", options.network.norm, kNorms, "batch norm after each convolution, or nothing")
      ->group(group);
  add_choice(app, "--device", options.device, kDevices, "auto: CUDA where there is a GPU, else the CPU")->group(group);
  add_choice(app, "--precision", options.precision, kPrecisions, "arithmetic of convolutions and activations")
      ->group(group);
  add_choice(app, "--conv", options.conv, kConvolutions, "convolution algorithm")->group(group);
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
}

void require_at_least(const char* flag, std::int64_t value, std::int64_t least) {
  if (value < least)
    throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be at least {}", flag, value, least));
}

// Far beyond what any machine holds, and far below where sizes in bytes would overflow.
void require_at_most(const char* flag, std::int64_t value, std::int64_t most) {
  if (value > most) throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be at most {}", flag, value, most));
}

void require_between(const char* flag, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be between {} and {}", flag, value, low, high));
  }
}

// What each option may be by itself, and what contradicts what.
void check(const TrainOptions& options) {
  require_at_least("--batch-size", options.batch_size, 1);
  require_at_most("--batch-size", options.batch_size, 1'000'000);
  require_at_most("--width", options.network.width, 10'000);
  require_at_least("--workers", options.workers, 0);
  require_at_most("--workers", options.workers, 1024);
  require_at_least("--prefetch", options.prefetch, 1);
  require_at_most("--prefetch", options.prefetch, 10'000);
  require_at_least("--width", options.network.width, 1);
  require_at_least("--threads", options.threads, 0);
  require_at_least("--epochs", options.epochs, 1);
  require_at_most("--epochs", options.epochs, 1'000'000'000);
  if (options.limit_batches) require_at_least("--limit-batches", *options.limit_batches, 1);
  require_between("--label-smoothing", options.label_smoothing, 0, 1);
  if (options.max_minutes) require_between("--max-minutes", *options.max_minutes, 0, 1e9);
  if (options.target_top1) require_between("--target-top1", *options.target_top1, 0, 1);
  const auto contradict = [](bool both, const char* what) {
    if (both) throw Error(ErrorCode::kUsage, what);
  };
  contradict(options.test_only && !options.autotune.empty(), "--test-only and --autotune contradict each other");
  contradict(options.overwrite && !options.resume.empty(), "--overwrite and --resume contradict each other");
  contradict(options.test_only && options.init_weights.empty(), "--test-only needs --init-weights FILE");
  contradict(options.test_only && !options.resume.empty(), "--test-only and --resume contradict each other");
  contradict(!options.resume.empty() && options.resume != "auto" && !options.init_weights.empty(),
             "--init-weights and --resume PATH contradict each other");
  contradict(options.target_top1 && !options.evaluate, "--target-top1 and --no-eval contradict each other");
  contradict(options.dataset.kind != DatasetKind::kSynthetic && options.dataset.path.empty() && !options.summary,
             "--data-path DIR (or KINDLING_DATA) is missing: the folder with CIFAR-10; --dataset synthetic needs none");
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

const char* name_of(Precision precision) {
  return name_in(kPrecisions, precision);
}
const char* name_of(DatasetKind kind) {
  return name_in(kDatasets, kind);
}
const char* name_of(Cache cache) {
  return name_in(kCaches, cache);
}

const char* name_of(NormKind kind) {
  return name_in(kNorms, kind);
}

}  // namespace kindling
