#pragma once

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/core/view.h"
#include "kernels/cudnn/conv2d_graph.h"
#include "kernels/cudnn/conv2d_plans.h"
#include "kernels/cudnn/engine_config.h"

namespace kindling {

// A finalized execution plan: the graph, the engine configuration, and the kernels that cuDNN took for it.
class Conv2dPlan {
 public:
  // Finalizes the plan. Nothing where cuDNN doesn't support this configuration after all.
  static std::optional<Conv2dPlan> make(std::shared_ptr<const Conv2dGraph> graph, EngineConfig config,
                                        const PlanTarget& target);

  // Engine and knobs as in EngineConfig. With the problem, the GPU and cuDNN's version it fixes the bits.
  const std::string& id() const { return config_.id; }
  const EngineConfig& config() const { return config_; }
  std::int64_t workspace_bytes() const { return workspace_bytes_; }

  // Enqueues the pass on the handle's stream. Pointers are device memory, aligned to kConv2dAlignmentBytes; workspace
  // has at least workspace_bytes(), which this call may overwrite. Throws Error(kDevice).
  void execute(cudnnHandle_t handle, const Conv2dOperands& operands, View<DeviceSpace, std::byte> workspace) const;

 private:
  Conv2dPlan(std::shared_ptr<const Conv2dGraph> graph, EngineConfig config, BackendDescriptor plan);

  std::shared_ptr<const Conv2dGraph> graph_;  // cuDNN's descriptors refer to each other
  EngineConfig config_;
  BackendDescriptor plan_;
  std::int64_t workspace_bytes_;
};

// What cuDNN offers for a problem, in its order, less what breaks the project's promises (reason_to_refuse) or needs
// more than workspace_limit bytes: the first `count` plans, fewer where there are fewer. The first is the default.
// Throws Error(kDevice) when there is none, which counts why the others fell out. Every error names the problem.
std::vector<Conv2dPlan> find_conv2d_plans(const Conv2dProblem& problem, const PlanTarget& target,
                                          std::int64_t workspace_limit, std::size_t count);

// Whether the plan is cuDNN's engine 0 for a dgrad in fp32, which has a thread compute an element: 0.5 TFLOP/s on an
// H200, where whole steps by our own kernels run at 11.7 (bench/README.md, "On a GPU").
bool is_slow_dgrad(const Conv2dProblem& problem, const Conv2dPlan& plan);

// The plan of that id among them. Throws Error(kWeights) when it isn't there: the id comes from a checkpoint or a cache
// that was made for another GPU, another cuDNN or another limit.
Conv2dPlan find_conv2d_plan(const Conv2dProblem& problem, const PlanTarget& target, std::int64_t workspace_limit,
                            const std::string& id);

}  // namespace kindling
