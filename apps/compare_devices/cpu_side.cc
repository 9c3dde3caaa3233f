#include "apps/compare_devices/cpu_side.h"

#include "apps/compare_devices/measure.h"
#include "apps/program.h"
#include "kernels/cpu/machine_peak.h"

namespace kindling {
namespace {

template <class T>
Measurement measure_in(const CompareOptions& options) {
  CpuContext<T> context({.threads = options.threads});
  Measurement measurement = measure_training(context, options, peak_rss_mb);
  measurement.peak_flops_per_s = 1e9 * peak_gflops<T>(context.isa(), context.threads());
  return measurement;
}

}  // namespace

bool cpu_has(Precision precision) {
  if (precision == Precision::kBf16) return !emulates_bf16(choose_isa());
  return precision == Precision::kFp32;
}

Measurement measure_cpu(const CompareOptions& options, Precision precision) {
  Measurement measurement = precision == Precision::kBf16 ? measure_in<bfloat16>(options) : measure_in<float>(options);
  measurement.device = "cpu";
  measurement.precision = precision;
  return measurement;
}

std::vector<StepComparison> compare_cpu_steps_in_bf16(CpuContext<float>& cpu, const CompareOptions& options,
                                                      const std::vector<HostBatch>& batches) {
  CpuContext<bfloat16> context({.threads = options.threads});
  Model<CpuContext<float>> wanted(cpu, model_options(options));
  Model<CpuContext<bfloat16>> found(context, model_options(options));
  return compare_steps(wanted, found, batches);
}

}  // namespace kindling
