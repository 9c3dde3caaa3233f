// One training step of ResNet-18 on the CPU backend.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/choice.h"
#include "apps/common_options.h"
#include "apps/conv_choice.h"
#include "apps/idle_threads.h"
#include "apps/program.h"
#include "bench/engine/step_timing.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/machine_peak.h"

namespace kindling::bench {
namespace {

struct Options {
  int threads = 0;
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  Precision precision = Precision::kFp32;
  StepOptions step;
};

template <class T>
void time_in(const Options& options) {
  CpuContext<T> context({.threads = options.threads, .conv = options.conv});
  const StepTimes times = time_steps(context, options.step);
  const double rss_mb = peak_rss_mb();  // before measuring the machine's peak
  const double peak = peak_gflops<T>(context.isa(), context.threads());
  fmt::print(R"({{"threads": {}, "precision": "{}", "isa": "{}", "conv": "{}", {}, "peak_rss_mb": {:.0f}}})"
             "\n",
             context.threads(), name_of(options.precision), name_of(context.isa()), name_of(context.conv_algorithm()),
             to_json(options.step, times, peak), rss_mb);
}

int time_on_cpu(int argc, char** argv) {
  Options options;
  CLI::App app("Times training steps on the CPU; prints JSON.", "train_step_bench");
  app.add_option("--threads", options.threads)->capture_default_str();
  add_choice(app, "--conv", options.conv, kConvolutions, "convolution algorithm");
  add_choice(app, "--precision", options.precision, kPrecisions, "arithmetic of convolutions and activations");
  add_step_options(app, options.step);
  if (!parse_command_line(app, argc, argv)) return 0;
  check_cpu_precision(options.precision);
  if (options.precision == Precision::kBf16) {
    time_in<bfloat16>(options);
  } else {
    time_in<float>(options);
  }
  return 0;
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  kindling::begin_with_short_spinning(argv);
  return kindling::run_program("train_step_bench", [&] { return kindling::bench::time_on_cpu(argc, argv); });
}
