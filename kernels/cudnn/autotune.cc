#include "kernels/cudnn/autotune.h"

#include <algorithm>

#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/device_memory.h"
#include "kernels/cuda/stream.h"
#include "kernels/cudnn/cudnn_check.h"

namespace kindling {
namespace {

// Memory for one problem and for the hungriest of its plans.
struct Scratch {
  DeviceMemory x, w, y, workspace;
  std::int64_t workspace_bytes = 0;

  Scratch(const std::vector<Conv2dPlan>& plans, const Conv2dProblem& problem) {
    const std::int64_t element = element_bytes(problem.precision);
    x = zeros(problem.shape.x_shape().elements() * element);
    w = zeros(problem.shape.filter_elements() * element);
    y = zeros(problem.shape.y_shape().elements() * element);
    for (const Conv2dPlan& plan : plans) workspace_bytes = std::max(workspace_bytes, plan.workspace_bytes());
    workspace = allocate_device(static_cast<std::size_t>(workspace_bytes), "workspace of --autotune");
  }

  static DeviceMemory zeros(std::int64_t bytes) {
    DeviceMemory memory = allocate_device(static_cast<std::size_t>(bytes), "tensor of --autotune");
    check_cuda(cudaMemset(memory.get(), 0, static_cast<std::size_t>(bytes)), "cudaMemset");
    return memory;
  }
};

// The best of a few rounds: what disturbs a timing only ever makes it longer.
template <class F>
float milliseconds_of(F execute, cudaStream_t stream) {
  constexpr int kRounds = 5;
  constexpr int kCalls = 10;  // per round, so that a call's own cost hardly counts
  const Event start = make_event();
  const Event stop = make_event();
  execute();  // warms up
  float best = 0;
  for (int round = 0; round < kRounds; ++round) {
    check_cuda(cudaEventRecord(start.get(), stream), "cudaEventRecord");
    for (int call = 0; call < kCalls; ++call) execute();
    check_cuda(cudaEventRecord(stop.get(), stream), "cudaEventRecord");
    check_cuda(cudaEventSynchronize(stop.get()), "cudaEventSynchronize");
    float elapsed = 0;
    check_cuda(cudaEventElapsedTime(&elapsed, start.get(), stop.get()), "cudaEventElapsedTime");
    best = round == 0 ? elapsed : std::min(best, elapsed);
  }
  return best / kCalls;
}

}  // namespace

std::vector<float> time_plans(const std::vector<Conv2dPlan>& plans, const Conv2dProblem& problem,
                              cudnnHandle_t handle) {
  const Stream stream = make_stream();
  const Scratch scratch(plans, problem);
  const Conv2dOperands operands{.x = scratch.x.get(), .w = scratch.w.get(), .y = scratch.y.get()};
  const View<DeviceSpace, std::byte> workspace(scratch.workspace.get(), scratch.workspace_bytes);
  check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");  // the zeros are there, the device is idle
  check_cudnn(cudnnSetStream(handle, stream.get()), "cudnnSetStream");
  std::vector<float> milliseconds;
  for (const Conv2dPlan& plan : plans) {
    milliseconds.push_back(milliseconds_of([&] { plan.execute(handle, operands, workspace); }, stream.get()));
  }
  return milliseconds;
}

}  // namespace kindling
