#pragma once

#include <cudnn.h>

#include <string>
#include <vector>

#include "kernels/cudnn/backend_descriptor.h"
#include "kernels/cudnn/conv2d_graph.h"
#include "kernels/cudnn/conv2d_problem.h"
#include "kernels/cudnn/plan_target.h"

namespace kindling {

// One way in which cuDNN would run a graph: an engine (a family of kernels) and its knobs (tile sizes and the like).
struct EngineConfig {
  BackendDescriptor descriptor;
  std::string id;  // "67[2=1 13=0 27=8]": engine number, then cudnnBackendKnobType_t = value in ascending order
  std::vector<cudnnBackendNumericalNote_t> notes;

  bool has_note(cudnnBackendNumericalNote_t note) const;
};

EngineConfig read_engine_config(BackendDescriptor descriptor);

// cuDNN's suggestions, the ones that it thinks fastest first: heuristic mode A, then the fallback list, which always
// has something plain. Needs no GPU, runs nothing.
std::vector<BackendDescriptor> suggested_engine_configs(const Conv2dGraph& graph, const PlanTarget& target);

// Why an engine breaks the project's promises for this precision, or nullptr. Refused are engines that cuDNN marks as
// - nondeterministic (atomic additions in any order): two runs must give the same bits;
// - reducing in less than fp32, or computing through Winograd or FFT transforms: sums are kept in at least fp32, with
//   the error of a plain sum;
// - for fp32: using tensor cores or cutting factors, which for float tensors means tf32.
const char* reason_to_refuse(const EngineConfig& config, ConvPrecision precision);

}  // namespace kindling
