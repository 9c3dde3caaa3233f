// The command line and environment of kindling-train. Input: one argument a line; lines NAME=VALUE with a name of
// kVariables set the environment instead.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "apps/train/options.h"
#include "kernels/cpu/simd/isa.h"
#include "tests/fuzz/harness.h"

namespace kindling {
namespace {

constexpr std::array kVariables = {"KINDLING_DATA", "KINDLING_ISA", "SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"};

bool set_variable(const std::string& line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string::npos) return false;
  const auto* const name = std::find(kVariables.begin(), kVariables.end(), line.substr(0, equals));
  if (name == kVariables.end()) return false;
  setenv(*name, line.c_str() + equals + 1, 1);
  return true;
}

std::vector<std::string> read_lines(std::string_view text) {
  std::vector<std::string> arguments{"kindling-train"};
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    line.resize(std::min(line.size(), line.find('\0')));  // arguments end at a zero byte
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!set_variable(line)) arguments.push_back(line);
  }
  return arguments;
}

// What the trainer takes for granted of every number.
void check(const TrainOptions& options) {
  const auto between = [](const char* what, auto value, double low, double high) {
    fuzz::promise(static_cast<double>(value) >= low && static_cast<double>(value) <= high, what);
  };
  between("batch size", options.batch_size, 1, 1e6);
  between("workers", options.workers, 0, 1024);
  between("prefetch", options.prefetch, 1, 10'000);
  between("latency", options.inject_latency_us, 0, 1e7);
  between("threads", options.threads, 0, 1024);
  between("width", options.network.width, 1, 10'000);
  between("epochs", options.epochs, 1, 1e9);
  between("label smoothing", options.label_smoothing, 0, 1);
  if (options.checkpoint_every) between("checkpoint every", *options.checkpoint_every, 1, 9.3e18);
  if (options.log_norms) between("log norms", *options.log_norms, 1, 9.3e18);
  if (options.limit_batches) between("limit", *options.limit_batches, 1, 9.3e18);
  if (options.max_minutes) between("minutes", *options.max_minutes, 0, 1e9);
  if (options.target_top1) between("target", *options.target_top1, 0, 1);
  const Hyperparameters chosen = resolve_hyperparameters(options.optimizer, options.recipe, options.flags);
  const Schedule schedule({.kind = options.schedule,
                           .lr = chosen.lr,
                           .epochs = options.epochs,
                           .steps_per_epoch = 391,
                           .warmup_epochs = options.warmup_epochs});
  for (const std::int64_t step : {std::int64_t{1}, std::int64_t{391}, 391 * options.epochs}) {
    const double lr = schedule.learning_rate(step);
    fuzz::promise(lr >= 0 && lr <= chosen.lr, "a learning rate within the one that was asked for");
  }
}

}  // namespace
}  // namespace kindling

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  for (const char* name : kVariables) unsetenv(name);
  const std::vector<std::string> lines = read_lines(fuzz::text_of(data, size));
  std::vector<const char*> arguments;
  arguments.reserve(lines.size());
  for (const std::string& line : lines) arguments.push_back(line.c_str());
  fuzz::accepts(ErrorCode::kUsage, [&] {
    const auto options = parse_train_options(static_cast<int>(arguments.size()), arguments.data());
    if (options) check(*options);
  });
  fuzz::accepts(ErrorCode::kUsage, [] { choose_isa(); });
  return 0;
}
