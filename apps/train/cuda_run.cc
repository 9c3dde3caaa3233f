#include "apps/train/cuda_run.h"

#include "apps/train/test_run.h"
#include "apps/train/training_run.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {

std::string why_no_cuda_run() {
  return why_no_cuda();
}

int run_on_cuda(const TrainOptions& options, StopSignals& signals) {
  if (options.precision == Precision::kBf16) {
    throw Error(ErrorCode::kUsage, "--precision bf16 is not available on CUDA yet; it has fp32 and tf32");
  }
  CudaContext<float> context({.conv = options.conv, .tf32 = options.precision == Precision::kTf32});
  if (options.test_only) return run_test(context, options, signals);
  nlohmann::ordered_json bits{{"device", "cuda"},
                              {"gpu", context.device_name()},
                              {"conv", name_of(context.conv_algorithm())},
                              {"cuda", CUDART_VERSION}};
  // GPU and version decide which plans cuDNN suggests first.
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) bits["cudnn"] = context.conv2d_plans().environment();
  return TrainingRun<CudaContext<float>>(context, options, bits, signals).train();
}

}  // namespace kindling
