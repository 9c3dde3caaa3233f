// One fp32 training step of ResNet-18 on the CPU backend, measured as bench/peers/train_step.py measures PyTorch's:
// same model, batch, optimizer and number of steps, random images, and the same JSON. Google Benchmark would choose the
// number of steps by itself; here it must be the peer's.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/program.h"
#include "engine/batch_source.h"
#include "engine/summary.h"
#include "engine/train_step.h"
#include "kernels/core/clock.h"
#include "kernels/core/random.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/machine_peak.h"

namespace kindling {
namespace {

using Context = CpuContext<float>;

void fill(const BatchSlot& slot) {
  for (std::size_t i = 0; i < slot.pixels.size(); ++i) {
    const RandomWords words = random_words(1, static_cast<std::uint32_t>(i), 0, RandomPurpose::kInitialWeights);
    slot.pixels[i] = 3.46F * (unit_float(words[0]) - 0.5F);  // the variance of normalised pixels
  }
  for (std::size_t i = 0; i < slot.labels.size(); ++i) slot.labels[i] = static_cast<std::int32_t>(i % kClasses);
}

// As Python's statistics.quantiles, which the peer uses: the i-th of n values (from 1) stands at the share i / (n + 1).
// (Of two values Python extrapolates the quartiles; here they are the values.)
double quantile(const std::vector<double>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double at = std::clamp(share * (last + 2) - 1, 0.0, last);
  const double below = std::floor(at);
  const double above = std::min(below + 1, last);
  return std::lerp(sorted[static_cast<std::size_t>(below)], sorted[static_cast<std::size_t>(above)], at - below);
}

int run(int argc, char** argv) {
  int threads = 0;
  int repeats = 10;
  int warmup = 2;
  std::int64_t batch = 128;
  std::int64_t width = 64;
  CLI::App app("Times training steps at full width; prints JSON.", "train_step_bench");
  app.add_option("--threads", threads)->capture_default_str();
  app.add_option("--repeats", repeats, "steps measured")->capture_default_str();
  app.add_option("--warmup", warmup, "steps before")->capture_default_str();
  app.add_option("--batch", batch)->capture_default_str();
  app.add_option("--width", width)->capture_default_str();
  if (!parse_command_line(app, argc, argv)) return 0;

  Context context({.threads = threads});
  Network<Context> network(context, {.width = width}, batch);
  network.parameters().initialize(context, 1);
  Optimizer<Context> optimizer(context, resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, {}),
                               network.parameters().layout().parameter_arena_size());
  const SlotPool<Context> slots(context, 1, batch);
  fill(slots.slot(0));
  TrainStep<Context> train_step(context, network, optimizer, 0);

  std::vector<double> times_ms;
  for (int i = 0; i < warmup + repeats; ++i) {
    const Stopwatch watch;
    train_step.run(slots.slot(0), batch, 0.1, i + 1);
    if (i >= warmup) times_ms.push_back(watch.elapsed_ms());
  }
  std::sort(times_ms.begin(), times_ms.end());
  const double median = quantile(times_ms, 0.5);
  const double flops =
      training_flops_per_image(summarize(network.layers(), network.parameters().layout())) * static_cast<double>(batch);
  const double gflops = flops * 1e-6 / median;
  const double rss_mb = peak_rss_mb();  // before measuring the machine's peak
  const double peak = peak_gflops(context.isa(), context.threads());
  fmt::print(R"({{"threads": {}, "isa": "{}", "batch": {}, "repeats": {}, "median_ms": {:.2f}, "q1_ms": {:.2f}, )"
             R"("q3_ms": {:.2f}, "min_ms": {:.2f}, "images_per_s": {:.1f}, "gflops": {:.1f}, "of_peak": {:.3f}, )"
             R"("peak_rss_mb": {:.0f}}})"
             "\n",
             context.threads(), name_of(context.isa()), batch, repeats, median, quantile(times_ms, 0.25),
             quantile(times_ms, 0.75), times_ms.front(), static_cast<double>(batch) / median * 1e3, gflops,
             gflops / peak, rss_mb);
  return 0;
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  return kindling::run_program("train_step_bench", [&] { return kindling::run(argc, argv); });
}
