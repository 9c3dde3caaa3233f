// One training step of ResNet-18 on a GPU, in each precision.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "apps/program.h"
#include "bench/engine/step_timing.h"
#include "kernels/core/dtype.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/product_peak.h"

namespace kindling::bench {
namespace {

struct CudaStepOptions {
  StepOptions step;
  std::string precision = "fp32";
  std::string conv = "auto";
  bool tiny = false;
};

ConvAlgorithm algorithm_of(const std::string& name) {
  if (name == "cudnn") return ConvAlgorithm::kCudnn;
  return name == "implicit-gemm" ? ConvAlgorithm::kImplicitGemm : ConvAlgorithm::kAuto;
}

template <class T>
int time_in(const CudaStepOptions& options) {
  const ProductType type = options.precision == "bf16"   ? ProductType::kBf16
                           : options.precision == "tf32" ? ProductType::kTf32
                                                         : ProductType::kFp32;
  CudaContext<T> context({.conv = algorithm_of(options.conv), .tf32 = type == ProductType::kTf32});
  const StepTimes times = time_steps(context, options.step);
  const double peak = product_flops_per_s(type, options.tiny ? 64 : 8192) * 1e-9;
  fmt::print(R"({{"device": "{}", "precision": "{}", "conv": "{}", {}}})"
             "\n",
             context.device_name(), options.precision, name_of(context.conv_algorithm()),
             to_json(options.step, times, peak));
  return 0;
}

int time_on_cuda(int argc, char** argv) {
  CudaStepOptions options;
  CLI::App app("Times training steps on a GPU; prints JSON.", "train_step_cuda_bench");
  app.add_option("--precision", options.precision)
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  app.add_option("--conv", options.conv)
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "cudnn", "implicit-gemm"}));
  app.add_flag("--tiny", options.tiny, "measure the peak with a tiny product: only tries that all of it runs");
  add_step_options(app, options.step);
  if (!parse_command_line(app, argc, argv)) return 0;
  return options.precision == "bf16" ? time_in<bfloat16>(options) : time_in<float>(options);
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  return kindling::run_program("train_step_cuda_bench", [&] { return kindling::bench::time_on_cuda(argc, argv); });
}
