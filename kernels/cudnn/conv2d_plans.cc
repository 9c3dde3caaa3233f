#include "kernels/cudnn/conv2d_plans.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/core/error.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/stream.h"
#include "kernels/cudnn/autotune.h"
#include "kernels/cudnn/conv2d_plan.h"
#include "kernels/cudnn/cudnn_check.h"
#include "kernels/cudnn/plan_target.h"

namespace kindling {
namespace {

using CudnnHandle = std::unique_ptr<std::remove_pointer_t<cudnnHandle_t>, DestroyCudaObject<cudnnDestroy>>;

CudnnHandle make_handle() {
  cudnnHandle_t handle = nullptr;
  check_cudnn(cudnnCreate(&handle), "cudnnCreate");
  return CudnnHandle(handle);
}

bool aligned(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % kConv2dAlignmentBytes == 0;
}

void check_operands(const Conv2dProblem& problem, const Conv2dOperands& operands) {
  for (const void* pointer : {operands.x, operands.w, operands.y}) {
    if (pointer != nullptr && aligned(pointer)) continue;
    throw Error(ErrorCode::kInternal, "internal error: convolution " + to_string(problem) + ": an operand is " +
                                          (pointer == nullptr ? "missing" : "not aligned to 16 bytes"));
  }
}

}  // namespace

struct Conv2dPlans::State {
  explicit State(Conv2dPlansOptions wanted) : options(std::move(wanted)) {}

  // A few dozen: a list does.
  const std::optional<Conv2dPlan>& plan(const Conv2dProblem& problem) {
    const auto known =
        std::find_if(plans.begin(), plans.end(), [&](const auto& entry) { return entry.first == problem; });
    if (known != plans.end()) return known->second;
    return plans.emplace_back(problem, choose(problem)).second;
  }

  // Nothing where our own kernel is to compute it.
  std::optional<Conv2dPlan> choose(const Conv2dProblem& problem) const {
    const auto given = options.chosen.find(to_string(problem));
    if (given != options.chosen.end()) {
      if (given->second == kOwnConvolution && problem.pass == Conv2dPass::kDgrad) return std::nullopt;
      return find_conv2d_plan(problem, target, options.workspace_limit, given->second);
    }
    if (may_round_before_adding(problem)) return std::nullopt;
    std::vector<Conv2dPlan> candidates =
        find_conv2d_plans(problem, target, options.workspace_limit, options.autotune ? kPlansToTime : 1);
    std::vector<Conv2dPlan> wanted;  // a plan can be moved, not assigned
    for (Conv2dPlan& plan : candidates) {
      if (!is_slow_dgrad(problem, plan)) wanted.push_back(std::move(plan));
    }
    if (wanted.empty()) return std::nullopt;
    return std::move(wanted[options.autotune ? index_of_fastest(time_plans(wanted, problem, handle.get())) : 0]);
  }

  Conv2dPlansOptions options;
  CudnnHandle handle = make_handle();
  PlanTarget target{handle.get()};
  std::vector<std::pair<Conv2dProblem, std::optional<Conv2dPlan>>> plans;
};

Conv2dPlans::Conv2dPlans(Conv2dPlansOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Conv2dPlans::~Conv2dPlans() = default;
Conv2dPlans::Conv2dPlans(Conv2dPlans&&) noexcept = default;
Conv2dPlans& Conv2dPlans::operator=(Conv2dPlans&&) noexcept = default;

bool Conv2dPlans::available() {
  return true;
}

void Conv2dPlans::give(const PlanChoices& chosen) {
  for (const auto& [problem, plan] : chosen) state_->options.chosen.insert_or_assign(problem, plan);
}

bool Conv2dPlans::serves(const Conv2dProblem& problem) {
  return state_->plan(problem).has_value();
}

std::int64_t Conv2dPlans::workspace_bytes(const Conv2dProblem& problem) {
  const std::optional<Conv2dPlan>& plan = state_->plan(problem);
  return plan ? plan->workspace_bytes() : 0;
}

void Conv2dPlans::run(const Conv2dProblem& problem, const Conv2dOperands& operands,
                      View<DeviceSpace, std::byte> workspace, cudaStream_t stream) {
  check_operands(problem, operands);
  const std::optional<Conv2dPlan>& plan = state_->plan(problem);
  require(plan.has_value(), "a convolution that cuDNN doesn't serve");
  require(workspace.size() >= plan->workspace_bytes(), "a convolution's workspace is smaller than its plan needs");
  check_cudnn(cudnnSetStream(state_->handle.get(), stream), "cudnnSetStream");
  try {
    plan->execute(state_->handle.get(), operands, workspace);
  } catch (const Error& error) {
    throw Error(error.code(), "convolution " + to_string(problem) + ": " + error.what());
  }
}

PlanChoices Conv2dPlans::choices() const {
  PlanChoices choices;
  for (const auto& [problem, plan] : state_->plans) choices[to_string(problem)] = plan ? plan->id() : kOwnConvolution;
  return choices;
}

std::string Conv2dPlans::environment() const {
  int device = 0;
  cudaDeviceProp properties{};
  check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return "cuDNN " + cudnn_version() + ", " + properties.name + ", sm_" +
         std::to_string(properties.major * 10 + properties.minor) + ", " +
         std::to_string(properties.multiProcessorCount) + " SMs";
}

}  // namespace kindling
