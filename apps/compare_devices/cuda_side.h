#pragma once

#include <string>
#include <vector>

#include "apps/compare_devices/options.h"
#include "apps/compare_devices/result.h"
#include "apps/compare_devices/steps.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// The GPU's side of kindling-compare-devices: cuda_side.cc, or without_cuda.cc in a build without CUDA. All but the
// first need a GPU and throw what CudaContext throws. Only the last two start CUDA, which takes memory of the process.

// Why there is no GPU to measure, in a few words; empty: there is one.
std::string why_no_cuda_side();

// "NVIDIA H100 80GB HBM3, sm_90, convolutions cudnn".
std::string describe_cuda();

bool cuda_has(Precision precision);

// Everything of a measurement, the GPU's peak included. Its memory is what the run took beyond a bare CUDA context.
Measurement measure_cuda(const CompareOptions& options, Precision precision);

// Steps of the CPU and of the GPU from the same states (compare_steps).
std::vector<StepComparison> compare_cuda_steps(CpuContext<float>& cpu, const CompareOptions& options,
                                               Precision precision, const std::vector<HostBatch>& batches);

}  // namespace kindling
