#include "bench/engine/step_timing.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace kindling::bench {
namespace {

// The i-th of n values (from 1) stands at the share i / (n + 1).
double quantile(const std::vector<double>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double at = std::clamp(share * (last + 2) - 1, 0.0, last);
  const double below = std::floor(at);
  const double above = std::min(below + 1, last);
  return std::lerp(sorted[static_cast<std::size_t>(below)], sorted[static_cast<std::size_t>(above)], at - below);
}

}  // namespace

void add_step_options(CLI::App& app, StepOptions& options) {
  app.add_option("--repeats", options.repeats, "steps measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "steps before")->capture_default_str();
  app.add_option("--batch", options.batch)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--evaluate", options.evaluate, "evaluation steps instead of training steps");
  app.add_option("--width", options.width)->capture_default_str()->check(CLI::PositiveNumber);
}

StepTimes summarize_times(std::vector<double> times_ms) {
  std::sort(times_ms.begin(), times_ms.end());
  return {.median_ms = quantile(times_ms, 0.5),
          .q1_ms = quantile(times_ms, 0.25),
          .q3_ms = quantile(times_ms, 0.75),
          .min_ms = times_ms.front()};
}

std::string to_json(const StepOptions& options, const StepTimes& times, double peak_gflops) {
  const double gflops = times.flops * 1e-6 / times.median_ms;
  return fmt::format(R"("batch": {}, "repeats": {}, "median_ms": {:.3f}, "q1_ms": {:.3f}, "q3_ms": {:.3f}, )"
                     R"("min_ms": {:.3f}, "images_per_s": {:.1f}, "gflops": {:.1f}, "of_peak": {:.3f})",
                     options.batch, options.repeats, times.median_ms, times.q1_ms, times.q3_ms, times.min_ms,
                     static_cast<double>(options.batch) / times.median_ms * 1e3, gflops, gflops / peak_gflops);
}

void fill_slot(const BatchSlot& slot) {
  for (std::size_t i = 0; i < slot.pixels.size(); ++i) {
    const RandomWords words = random_words(1, static_cast<std::uint32_t>(i), 0, RandomPurpose::kInitialWeights);
    slot.pixels[i] = 3.46F * (unit_float(words[0]) - 0.5F);  // the variance of normalised pixels
  }
  for (std::size_t i = 0; i < slot.labels.size(); ++i) slot.labels[i] = static_cast<std::int32_t>(i % kClasses);
}

}  // namespace kindling::bench
