#include "apps/train/cuda_run.h"

#include "apps/train/run_plans.h"
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
  CudaContext<T> context({.conv = options.conv,
                          .tf32 = options.precision == Precision::kTf32,
                          .conv2d_plans = {.autotune = !options.autotune.empty()}});
  if (options.test_only) return run_test(context, options, signals);
  Backend backend;
  backend.bits = {{"device", "cuda"},
                  {"gpu", context.device_name()},
                  {"conv", name_of(context.conv_algorithm())},
                  {"cuda", CUDART_VERSION}};
  std::optional<RunPlans> plans;
  if (context.conv_algorithm() == ConvAlgorithm::kCudnn) {
    // Which plan cuDNN suggests first depends on its version and on the GPU.
    backend.bits["cudnn"] = context.conv2d_plans().environment();
    plans.emplace(context.conv2d_plans(), options.autotune);
    backend.give_plans = [&plans](const PlanMap& given) { plans->give(given); };
    backend.keep_plans = [&plans] { return plans->keep(); };
  } else if (!options.autotune.empty()) {
    throw Error(ErrorCode::kUsage, "--autotune times cuDNN's plans, and this run's convolutions are not cuDNN's");
  }
  return TrainingRun<CudaContext<T>>(context, options, backend, signals).train();
}

}  // namespace

int run_on_cuda(const TrainOptions& options, StopSignals& signals) {
  return options.precision == Precision::kBf16 ? run_in<bfloat16>(options, signals) : run_in<float>(options, signals);
}

}  // namespace kindling
