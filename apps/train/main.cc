#include <fmt/format.h>

#include "apps/idle_threads.h"
#include "apps/program.h"
#include "apps/screen.h"
#include "apps/train/cuda_run.h"
#include "apps/train/test_run.h"
#include "apps/train/training_run.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {
namespace {

// The device that --device means here.
void choose_device(TrainOptions& options) {
  if (options.device != Device::kCpu) {
    const std::string reason = why_no_cuda_run();
    if (options.device == Device::kCuda && !reason.empty()) {
      throw Error(ErrorCode::kDevice, fmt::format("--device cuda: {}; use --device cpu", reason));
    }
    if (!reason.empty()) say("device auto: {}, so the CPU\n", reason);
    options.device = reason.empty() ? Device::kCuda : Device::kCpu;
  }
  if (options.device == Device::kCpu) check_cpu_precision(options.precision);
  if (options.device == Device::kCpu && !options.autotune.empty()) {
    throw Error(ErrorCode::kUsage, "--autotune is not available on the CPU; it times cuDNN's plans");
  }
}

int print_layers(const TrainOptions& options) {
  NetworkBuilder builder;
  const ResNet18 network(builder, options.network);
  print_summary(summarize(network, builder.parameters));
  return 0;
}

template <class T>
int run_on_cpu(TrainOptions& options, StopSignals& signals) {
  CpuContext<T> context({.threads = options.threads, .conv = options.conv});
  options.threads = context.threads();
  if (options.precision == Precision::kBf16 && emulates_bf16(context.isa())) {
    say("note    this processor has no products of bf16: they are emulated, slower than fp32\n");
  }
  if (options.test_only) return run_test(context, options, signals);
  const nlohmann::ordered_json bits{{"device", "cpu"},
                                    {"isa", name_of(context.isa())},
                                    {"conv", name_of(context.conv_algorithm())},
                                    {"blas_core", blas_core()}};
  return TrainingRun<CpuContext<T>>(context, options, {bits, {}, {}}, signals).train();
}

int run(int argc, const char* const* argv) {
  StopSignals signals;  // before any thread is started
  std::optional<TrainOptions> options = parse_train_options(argc, argv);
  if (!options) return 0;
  if (options->summary) return print_layers(*options);
  choose_device(*options);
  if (options->device == Device::kCuda) return run_on_cuda(*options, signals);
  return options->precision == Precision::kBf16 ? run_on_cpu<bfloat16>(*options, signals)
                                                : run_on_cpu<float>(*options, signals);
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  kindling::begin_with_short_spinning(argv);
  return kindling::run_program("kindling-train", [&] { return kindling::run(argc, argv); });
}
