#include "apps/train/cuda_run.h"

#include "apps/train/test_run.h"
#include "apps/train/training_run.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {

std::string why_no_cuda_run() {
  return why_no_cuda();
}

namespace {

template <class T>
int run_in(const TrainOptions& options, StopSignals& signals) {
  CudaContext<T> context({.conv = options.conv, .tf32 = options.precision == Precision::kTf32});
  if (options.test_only) return run_test(context, options, signals);
  nlohmann::ordered_json bits{{"device", "cuda"},
                              {"gpu", context.device_name()},
                              {"conv", name_of(context.conv_algorithm())},
                              {"cuda", CUDART_VERSION}};
  // Which plan cuDNN suggests first depends on its version and on the GPU.
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) bits["cudnn"] = context.conv2d_plans().environment();
  return TrainingRun<CudaContext<T>>(context, options, bits, signals).train();
}

}  // namespace

int run_on_cuda(const TrainOptions& options, StopSignals& signals) {
  return options.precision == Precision::kBf16 ? run_in<bfloat16>(options, signals) : run_in<float>(options, signals);
}

}  // namespace kindling
