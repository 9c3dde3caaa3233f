#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cudnn/backend_descriptor.h"
#include "kernels/cudnn/conv2d_problem.h"
#include "kernels/cudnn/plan_target.h"

namespace kindling {

// Names of the tensors in cuDNN's graph. The pass writes one of them; gradients have the place of what they belong to.
enum Conv2dTensorId : std::int64_t {
  kTensorX = 'x',  // x or dx: N,H,W,C
  kTensorW = 'w',  // w or dw: K,R,S,C
  kTensorY = 'y',  // y or dy: N,P,Q,K
};

// cuDNN wants every pointer as aligned as the tensor was declared.
inline constexpr std::int64_t kConv2dAlignmentBytes = 16;

// A problem as cuDNN's operation graph: one convolution operation with alpha 1 and beta 0 (1 when it accumulates), NHWC
// and KRSC by strides, compute type float. Building it needs no GPU. Throws Error(kDevice).
class Conv2dGraph {
 public:
  Conv2dGraph(const Conv2dProblem& problem, const PlanTarget& target);

  const BackendDescriptor& get() const { return graph_; }

 private:
  BackendDescriptor x_;
  BackendDescriptor w_;
  BackendDescriptor y_;
  BackendDescriptor convolution_;
  BackendDescriptor operation_;
  BackendDescriptor graph_;
};

}  // namespace kindling
