#include "apps/train/report.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "apps/screen.h"
#include "apps/version.h"
#include "engine/io/run_record.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

// 11173962 as "11,173,962".
std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::int64_t at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string describe(const Hyperparameters& hyperparameters) {
  const auto kind = hyperparameters.kind;
  std::string text = fmt::format("{} lr {}", name_of(kind), hyperparameters.lr);
  if (kind == OptimizerKind::kSgd || kind == OptimizerKind::kNesterov) {
    text += fmt::format(", momentum {}", hyperparameters.momentum);
  } else if (kind == OptimizerKind::kAdam) {
    text += fmt::format(", betas {} {}", hyperparameters.beta1, hyperparameters.beta2);
  } else if (kind == OptimizerKind::kAdadelta) {
    text += fmt::format(", rho {}", hyperparameters.rho);
  }
  return text + fmt::format(", weight decay {}", hyperparameters.weight_decay);
}

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

const char* signal_name(int signal) {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return "a signal";
  }
}

}  // namespace

void print_run(const TrainOptions& options, const Hyperparameters& hyperparameters, const RunIdentity& identity,
               const RunSizes& sizes) {
  const auto bit = [&](const char* key) { return identity.bits.at(key).get<std::string>(); };
  const std::string source =
      options.dataset.kind == DatasetKind::kSynthetic ? "made up, no files" : options.dataset.path.string();
  say("{}\n", version_text());
  say("model   ResNet-18, width {}, norm {}: {} parameters\n", options.network.width, name_of(options.network.norm),
      grouped(sizes.parameters));
  const std::string device =
      options.device == Device::kCuda ? bit("gpu") : fmt::format("{}, {} threads", bit("isa"), options.threads);
  say("device  {}, {}, {}, convolutions {}\n", bit("device"), device, name_of(options.precision), bit("conv"));
  say("data    {} ({}): {} training, {} test images; {} workers, prefetch {}\n", name_of(options.dataset.kind), source,
      grouped(sizes.train_images), grouped(sizes.test_images), options.workers, options.prefetch);
  say("train   {}, {} schedule; {} epochs of {} batches of {}; seed {}\n", describe(hyperparameters),
      name_of(options.schedule), options.epochs, sizes.batches_per_epoch, options.batch_size, options.seed);
  say("output  {}\n", options.output_dir.string());
  std::fflush(stdout);
}

void print_summary(const std::vector<LayerSummary>& layers) {
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  say("{:<22} {:<12} {:>14} {:>12} {:>14}\n", "layer", "kind", "output HxWxC", "parameters", "MACs/image");
  for (const LayerSummary& layer : layers) {
    const std::string output = fmt::format("{}x{}x{}", layer.output.h, layer.output.w, layer.output.c);
    say("{:<22} {:<12} {:>14} {:>12} {:>14}\n", layer.name, layer.kind, output, grouped(layer.parameters),
        grouped(layer.macs));
    parameters += layer.parameters;
    macs += layer.macs;
  }
  say("{:<22} {:<12} {:>14} {:>12} {:>14}\n", "total", "", "", grouped(parameters), grouped(macs));
}

void print_test_result(const RunningMetrics& metrics, double seconds) {
  say("test loss {:.4f}  top-1 {:.2f} %  {} images  {:.1f} images/s\n", metrics.loss(), 100 * metrics.top1(),
      metrics.images(), static_cast<double>(metrics.images()) / seconds);
}

void print_not_locked(const std::string& folder) {
  say("output folder {}: its file system has no locks, so a second run there would not be noticed\n", folder);
}

void print_lost_trace(const std::string& why) {
  say("the trace is lost: {}\n", why);
}

void print_out_of_time(const TrainingState& state, const std::string& folder) {
  if (state.batch == 0) {
    say("time is up (--max-minutes) after epoch {}\n", state.epoch);
  } else {
    say("time is up (--max-minutes) in epoch {} after batch {}: running loss {:.4f}, top-1 {:.2f} %\n", state.epoch + 1,
        state.batch, state.metrics.loss(), 100 * state.metrics.top1());
  }
  say("go on with --output-dir {} --resume auto\n", folder);
}

nlohmann::ordered_json run_record(const TrainOptions& options, const RunIdentity& identity, const RunSizes& sizes) {
  nlohmann::ordered_json record{{"options", identity.options}, {"bits", identity.bits}};
  if (!identity.plans.empty()) record["plans"] = identity.plans;
  record["options"]["epochs"] = options.epochs;
  record["options"]["recipe"] = name_of(options.recipe);
  record["options"]["data_path"] = options.dataset.path.string();
  record["options"]["workers"] = options.workers;
  record["options"]["prefetch"] = options.prefetch;
  record["options"]["threads"] = options.threads;
  record["options"]["autotune"] = options.autotune.string();
  record["options"]["sync_timing"] = options.sync_timing;
  record["options"]["validation_images"] = options.validation_images;
  record["options"]["inject_latency_us"] = options.inject_latency_us;
  record["options"]["trace"] = options.trace.string();
  record["options"]["cache"] = name_of(options.dataset.cache);
  record["options"]["evaluate"] = options.evaluate;
  record["options"]["init_weights"] = options.init_weights.string();
  record["options"]["output_dir"] = options.output_dir.string();
  record["options"]["overwrite"] = options.overwrite;
  record["options"]["resume"] = options.resume;
  record["options"]["checkpoint_every"] = or_null(options.checkpoint_every);
  record["options"]["keep"] = options.keep;
  record["options"]["max_minutes"] = or_null(options.max_minutes);
  record["options"]["target_top1"] = or_null(options.target_top1);
  record["sizes"] = {{"train_images", sizes.train_images},
                     {"test_images", sizes.test_images},
                     {"batches_per_epoch", sizes.batches_per_epoch},
                     {"parameters", sizes.parameters}};
  record["host"] = host_facts();
  record["build"] = build_facts();
  return record;
}

void throw_interrupted(int signal, const std::string& what) {
  throw Error(ErrorCode::kInterrupted, fmt::format("stopped by {} {}", signal_name(signal), what));
}

int target_status(std::optional<double> target, double top1) {
  if (!target || top1 >= *target) return 0;
  std::fflush(stdout);
  const std::string line =
      fmt::format("kindling-train: target missed: test top-1 is {:.4f}, wanted at least {:.4f}\n", top1, *target);
  std::fputs(line.c_str(), stderr);
  return static_cast<int>(ErrorCode::kTargetMissed);
}

}  // namespace kindling
