// The main function of every benchmark program of ops: Google Benchmark's options (--benchmark_filter, ...) and ours.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "apps/choice.h"
#include "apps/conv_choice.h"
#include "apps/idle_threads.h"
#include "apps/program.h"
#include "bench/kernels/op_bench.h"
#include "kernels/core/error.h"

namespace kindling::bench {
namespace {

// Also when a benchmark throws.
struct DestroyMachine {
  ~DestroyMachine() { machine_slot().reset(); }
};

int run_benchmarks(int argc, char** argv) {
  Settings settings;
  std::string cache = "hot";
  CLI::App app("Times ops; options that begin with --benchmark_ are Google Benchmark's.", "op benchmark");
  app.add_option("--batch", settings.batch, "images")->check(CLI::PositiveNumber);
  app.add_option("--cache", cache, "hot: the same memory every time; cold: memory in turn, larger than the cache")
      ->check(CLI::IsMember({"hot", "cold"}));
  add_choice(app, "--conv", settings.conv, kConvolutions, "convolution algorithm");
  app.add_flag("--tf32", settings.tf32, "of a GPU, with fp32 activations");
  app.add_flag("--tiny", settings.tiny, "only try that all of it runs");
  if (!parse_command_line(app, argc, argv)) return 0;
  settings.cold = cache == "cold";

  const DestroyMachine at_the_end;
  machine_slot() = std::make_unique<Machine>(settings);
  benchmark::AddCustomContext("batch", std::to_string(settings.batch));
  benchmark::AddCustomContext("cache", cache);
  benchmark::AddCustomContext("conv", name_of(context().conv_algorithm()));
  benchmark::AddCustomContext("tf32", settings.tf32 ? "yes" : "no");
  benchmark::AddCustomContext("device", device_name(context()));
  const std::size_t ran = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (ran == 0) throw Error(ErrorCode::kUsage, "no benchmark has a name like --benchmark_filter");
  return 0;
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  kindling::begin_with_short_spinning(argv);
  benchmark::Initialize(&argc, argv);  // takes its own options out
  return kindling::run_program("op benchmark", [&] { return kindling::bench::run_benchmarks(argc, argv); });
}
