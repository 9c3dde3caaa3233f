#include <fmt/format.h>

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
  if (options.device == Device::kCpu && options.precision != Precision::kFp32) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--precision {} is not available on the CPU; it has fp32", name_of(options.precision)));
  }
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

int run(int argc, const char* const* argv) {
  StopSignals signals;  // before any thread is started
  std::optional<TrainOptions> options = parse_train_options(argc, argv);
  if (!options) return 0;
  if (options->summary) return print_layers(*options);
  choose_device(*options);
  if (options->device == Device::kCuda) return run_on_cuda(*options, signals);

  CpuContext<float> context({.threads = options->threads, .conv = options->conv});
  options->threads = context.threads();
  if (options->test_only) return run_test(context, *options, signals);
  const nlohmann::ordered_json bits{{"device", "cpu"},
                                    {"isa", name_of(context.isa())},
                                    {"conv", name_of(context.conv_algorithm())},
                                    {"blas_core", blas_core()}};
  return TrainingRun<CpuContext<float>>(context, *options, {bits, {}, {}}, signals).train();
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  return kindling::run_program("kindling-train", [&] { return kindling::run(argc, argv); });
}
