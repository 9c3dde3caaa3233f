#pragma once

#include <functional>
#include <utility>

#include "kernels/cuda/stream.h"

namespace kindling {

// A step of a CUDA context (kernels/step.h). The first replay runs the work as it is, so that whatever is made at first
// use (workspace, plans) is made outside of a graph; the second captures it; from then on one launch is a whole step.
class GraphStep {
 public:
  GraphStep() = default;
  GraphStep(cudaStream_t stream, std::function<void()> work) : stream_(stream), work_(std::move(work)) {}

  // Returns before the step has run.
  void replay();

 private:
  cudaStream_t stream_ = nullptr;
  std::function<void()> work_;
  bool warm_ = false;
  GraphExec graph_;
};

}  // namespace kindling
