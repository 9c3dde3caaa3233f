#include "apps/compare_devices/cuda_side.h"

#include "apps/compare_devices/measure.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/product_peak.h"

namespace kindling {
namespace {

CudaOptions cuda_options(Precision precision) {
  return {.tf32 = precision == Precision::kTf32};
}

ProductType product_type(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return ProductType::kBf16;
    case Precision::kTf32:
      return ProductType::kTf32;
    case Precision::kFp32:
      break;
  }
  return ProductType::kFp32;
}

template <class T>
Measurement measure_in(const CompareOptions& options, Precision precision) {
  const std::size_t free_before = free_device_bytes();
  const auto taken_mb = [free_before] {
    const std::size_t free_now = free_device_bytes();
    return free_now < free_before ? static_cast<double>(free_before - free_now) / (1U << 20U) : 0;
  };
  CudaContext<T> context(cuda_options(precision));
  return measure_training(context, options, taken_mb);
}

template <class T>
std::vector<StepComparison> compare_in(CpuContext<float>& cpu, const CompareOptions& options, Precision precision,
                                       const std::vector<HostBatch>& batches) {
  CudaContext<T> context(cuda_options(precision));
  Model<CpuContext<float>> wanted(cpu, model_options(options));
  Model<CudaContext<T>> found(context, model_options(options));
  return compare_steps(wanted, found, batches);
}

}  // namespace

std::string why_no_cuda_side() {
  return why_no_cuda();
}

std::string describe_cuda() {
  // What CudaContext takes where nobody asks for an algorithm.
  const ConvAlgorithm conv = Conv2dPlans::available() ? ConvAlgorithm::kCudnn : ConvAlgorithm::kImplicitGemm;
  return cuda_device_name() + ", convolutions " + name_of(conv);
}

bool cuda_has(Precision precision) {
  return precision == Precision::kFp32 || has_tensor_precisions();
}

Measurement measure_cuda(const CompareOptions& options, Precision precision) {
  Measurement measurement =
      precision == Precision::kBf16 ? measure_in<bfloat16>(options, precision) : measure_in<float>(options, precision);
  measurement.device = "cuda";
  measurement.precision = precision;
  measurement.peak_flops_per_s = product_flops_per_s(product_type(precision), options.peak_extent);
  return measurement;
}

std::vector<StepComparison> compare_cuda_steps(CpuContext<float>& cpu, const CompareOptions& options,
                                               Precision precision, const std::vector<HostBatch>& batches) {
  return precision == Precision::kBf16 ? compare_in<bfloat16>(cpu, options, precision, batches)
                                       : compare_in<float>(cpu, options, precision, batches);
}

}  // namespace kindling
