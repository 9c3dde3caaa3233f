#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "kernels/core/view.h"
#include "kernels/cudnn/conv2d_problem.h"

namespace kindling {

// Device memory of one convolution pass, dense: x or dx N,H,W,C; w or dw K,R,S,C; y or dy N,P,Q,K; all of the problem's
// element type, dw too. The pass writes its result and only reads the other two; kAdd reads the result as well.
struct Conv2dOperands {
  void* x = nullptr;
  void* w = nullptr;
  void* y = nullptr;
};

// Problem (to_string of it) -> id of the plan that serves it: what run.json, checkpoints and the cache of --autotune
// keep.
using PlanChoices = std::map<std::string, std::string>;

// In the place of a plan's id: the problem, a dgrad, is left to our own kernel (kernels/cuda/conv2d_implicit_gemm.h).
inline constexpr const char* kOwnConvolution = "implicit-gemm";

struct Conv2dPlansOptions {
  // No plan may ask for more. More than this is asked by plans that transpose their tensors first.
  std::int64_t workspace_limit = std::int64_t{32} << 20U;
  // Times the first few plans of a problem and takes the fastest, instead of the first. Other runs may choose other
  // plans, and so get other bits.
  bool autotune = false;
  // Problems whose plan is given, by a checkpoint or by the cache of an earlier --autotune.
  PlanChoices chosen = {};
};

// cuDNN's plans for convolutions on the current device, each chosen once and kept. A CudaContext owns one. This is the
// seam where the tests that run without a GPU put a double in cuDNN's place, so cuDNN's types don't show.
class Conv2dPlans {
 public:
  // False in a build without cuDNN, where the constructor throws Error(kUsage).
  static bool available();

  explicit Conv2dPlans(Conv2dPlansOptions options = {});
  ~Conv2dPlans();
  Conv2dPlans(Conv2dPlans&&) noexcept;
  Conv2dPlans& operator=(Conv2dPlans&&) noexcept;

  // More choices as in the options, which they override, for problems that weren't asked for yet.
  void give(const PlanChoices& chosen);

  // False where our own kernel does better than cuDNN, and the caller is to use that: cuDNN may round twice
  // (may_round_before_adding), or has for an fp32 dgrad only an engine that is slow beyond use (is_slow_dgrad). Such a
  // choice is made, kept and given like a plan.
  bool serves(const Conv2dProblem& problem);

  // Chooses the problem's plan if this is the first time that it is asked for, and says how much workspace it needs: 0
  // where serves() is false.
  // That first time takes milliseconds; with autotune it allocates memory and waits for the device, so it must not fall
  // into a stream capture. Throws Error(kDevice) when no plan serves, Error(kWeights) when the one given in the options
  // isn't there.
  std::int64_t workspace_bytes(const Conv2dProblem& problem);

  // Enqueues the pass on the stream; chooses the plan first if need be. Pointers must be aligned to 16 bytes; the
  // workspace may be larger than needed, is overwritten, and must stay until the pass is done. Throws Error(kInternal)
  // when an operand is missing or misaligned, the workspace too small or serves() false, Error(kDevice) when cuDNN
  // fails.
  void run(const Conv2dProblem& problem, const Conv2dOperands& operands, View<DeviceSpace, std::byte> workspace,
           cudaStream_t stream);

  // All choices so far.
  PlanChoices choices() const;

  // What a choice of --autotune holds for, besides the problem: "cuDNN 9.19.0, NVIDIA H100 80GB HBM3, sm_90, 132 SMs".
  std::string environment() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kindling
