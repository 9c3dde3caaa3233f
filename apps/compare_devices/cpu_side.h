#pragma once

#include <vector>

#include "apps/compare_devices/options.h"
#include "apps/compare_devices/result.h"
#include "apps/compare_devices/steps.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// The CPU's side of kindling-compare-devices.

// fp32, and bf16 where the processor multiplies it: emulated, it would say nothing about either.
bool cpu_has(Precision precision);

// Everything of a measurement, the CPU's peak in this precision included. Its memory is the most that the process had.
Measurement measure_cpu(const CompareOptions& options, Precision precision);

// Steps of the CPU in fp32 and in bf16 from the same states (compare_steps).
std::vector<StepComparison> compare_cpu_steps_in_bf16(CpuContext<float>& cpu, const CompareOptions& options,
                                                      const std::vector<HostBatch>& batches);

}  // namespace kindling
