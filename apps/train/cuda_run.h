#pragma once

#include <string>

#include "apps/train/options.h"
#include "apps/train/stop_signals.h"

namespace kindling {

// The GPU's side of kindling-train: cuda_run.cc, or without_cuda.cc in a build without CUDA.

// Why --device cuda can't run here, in a few words; empty: it can.
std::string why_no_cuda_run();

// Trains or tests on the GPU; the exit status. Throws what CudaContext and the run throw.
int run_on_cuda(const TrainOptions& options, StopSignals& signals);

}  // namespace kindling
