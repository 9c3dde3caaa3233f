#include "kernels/cudnn/conv2d_plan.h"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "kernels/core/error.h"
#include "kernels/cudnn/cudnn_check.h"

namespace kindling {
namespace {

using Refusals = std::map<std::string, int>;  // reason -> how many configurations

// Hands cuDNN's plans that pass to `take`, in order, until it returns true. What didn't pass is counted.
Refusals for_each_plan(const Conv2dProblem& problem, const PlanTarget& target, std::int64_t workspace_limit,
                       const std::function<bool(Conv2dPlan)>& take) {
  require(problem.accumulate == Accumulate::kAssign || problem.pass == Conv2dPass::kDgrad,
          "only dgrad adds to its result");
  Refusals refusals;
  const auto graph = std::make_shared<const Conv2dGraph>(problem, target);
  for (BackendDescriptor& suggested : suggested_engine_configs(*graph, target)) {
    EngineConfig config = read_engine_config(std::move(suggested));
    if (const char* reason = reason_to_refuse(config, problem.precision)) {
      ++refusals[reason];
      continue;
    }
    std::optional<Conv2dPlan> plan = Conv2dPlan::make(graph, std::move(config), target);
    if (!plan) {
      ++refusals["not supported"];
    } else if (plan->workspace_bytes() > workspace_limit) {
      ++refusals["over the workspace limit of " + std::to_string(workspace_limit) + " bytes"];
    } else if (take(*std::move(plan))) {
      break;
    }
  }
  return refusals;
}

// Errors from inside cuDNN don't know what they were about.
template <class F>
auto naming(const Conv2dProblem& problem, F find) {
  try {
    return find();
  } catch (const Error& error) {
    throw Error(error.code(), "convolution " + to_string(problem) + ": " + error.what());
  }
}

}  // namespace

Conv2dPlan::Conv2dPlan(std::shared_ptr<const Conv2dGraph> graph, EngineConfig config, BackendDescriptor plan)
    : graph_(std::move(graph)),
      config_(std::move(config)),
      plan_(std::move(plan)),
      workspace_bytes_(plan_.value<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) {}

std::optional<Conv2dPlan> Conv2dPlan::make(std::shared_ptr<const Conv2dGraph> graph, EngineConfig config,
                                           const PlanTarget& target) {
  BackendDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, "execution plan");
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config.descriptor);
  target.set_on_plan(plan);
  if (!plan.finalize_if_supported()) return std::nullopt;
  return Conv2dPlan(std::move(graph), std::move(config), std::move(plan));
}

void Conv2dPlan::execute(cudnnHandle_t handle, const Conv2dOperands& operands,
                         View<DeviceSpace, std::byte> workspace) const {
  const std::array<std::int64_t, 3> ids{kTensorX, kTensorW, kTensorY};
  const std::array<void*, 3> pointers{operands.x, operands.w, operands.y};
  void* const scratch = workspace.data();
  BackendDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, "variant pack");
  pack.set_all(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::span<const std::int64_t>(ids));
  pack.set_all(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::span<void* const>(pointers));
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, scratch);
  pack.finalize();
  check_cudnn(cudnnBackendExecute(handle, plan_.get(), pack.get()), "cudnnBackendExecute(plan " + id() + ")");
}

std::vector<Conv2dPlan> find_conv2d_plans(const Conv2dProblem& problem, const PlanTarget& target,
                                          std::int64_t workspace_limit, std::size_t count) {
  return naming(problem, [&] {
    std::vector<Conv2dPlan> plans;
    const Refusals refusals = for_each_plan(problem, target, workspace_limit, [&](Conv2dPlan plan) {
      plans.push_back(std::move(plan));
      return plans.size() >= count;
    });
    if (!plans.empty()) return plans;
    std::string text = "cuDNN " + cudnn_version() + " has no plan that may be used";
    if (refusals.empty()) text += "; it suggests none";
    for (const auto& [reason, times] : refusals) text += "; " + std::to_string(times) + " " + reason;
    throw Error(ErrorCode::kDevice, text);
  });
}

bool is_slow_dgrad(const Conv2dProblem& problem, const Conv2dPlan& plan) {
  return problem.pass == Conv2dPass::kDgrad && problem.precision == ConvPrecision::kFp32 && plan.id().starts_with("0[");
}

Conv2dPlan find_conv2d_plan(const Conv2dProblem& problem, const PlanTarget& target, std::int64_t workspace_limit,
                            const std::string& id) {
  return naming(problem, [&] {
    std::optional<Conv2dPlan> found;
    for_each_plan(problem, target, workspace_limit, [&](Conv2dPlan plan) {
      if (plan.id() == id) found.emplace(std::move(plan));
      return found.has_value();
    });
    if (found) return *std::move(found);
    throw Error(ErrorCode::kWeights, "cuDNN " + cudnn_version() + " has no plan " + id +
                                         " here: it was chosen for another GPU, another cuDNN or another workspace");
  });
}

}  // namespace kindling
