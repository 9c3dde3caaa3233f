// One fp32 training step of ResNet-18 on the CPU backend.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/choice.h"
#include "apps/conv_choice.h"
#include "apps/program.h"
#include "bench/engine/step_timing.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/machine_peak.h"

namespace kindling::bench {
namespace {

int time_on_cpu(int argc, char** argv) {
  int threads = 0;
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  StepOptions options;
  CLI::App app("Times training steps on the CPU; prints JSON.", "train_step_bench");
  app.add_option("--threads", threads)->capture_default_str();
  add_choice(app, "--conv", conv, kConvolutions, "convolution algorithm");
  add_step_options(app, options);
  if (!parse_command_line(app, argc, argv)) return 0;

  CpuContext<float> context({.threads = threads, .conv = conv});
  const StepTimes times = time_steps(context, options);
  const double rss_mb = peak_rss_mb();  // before measuring the machine's peak
  fmt::print(R"({{"threads": {}, "isa": "{}", "conv": "{}", {}, "peak_rss_mb": {:.0f}}})"
             "\n",
             context.threads(), name_of(context.isa()), name_of(context.conv_algorithm()),
             to_json(options, times, peak_gflops(context.isa(), context.threads())), rss_mb);
  return 0;
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  return kindling::run_program("train_step_bench", [&] { return kindling::bench::time_on_cpu(argc, argv); });
}
