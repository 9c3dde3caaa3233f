// What a build without cuDNN has in the place of kernels/cudnn/conv2d_plans.cc.
#include "kernels/cudnn/conv2d_plans.h"

#include "kernels/core/error.h"

namespace kindling {

struct Conv2dPlans::State {};

bool Conv2dPlans::available() {
  return false;
}

Conv2dPlans::Conv2dPlans(Conv2dPlansOptions /*options*/) {
  throw Error(ErrorCode::kUsage, "this build has no cuDNN: --conv cudnn needs one configured with -DKINDLING_CUDNN=ON");
}
Conv2dPlans::~Conv2dPlans() = default;
Conv2dPlans::Conv2dPlans(Conv2dPlans&&) noexcept = default;
Conv2dPlans& Conv2dPlans::operator=(Conv2dPlans&&) noexcept = default;

// Never reached: there is no object.
void Conv2dPlans::give(const PlanChoices& /*chosen*/) {}
bool Conv2dPlans::serves(const Conv2dProblem& /*problem*/) {
  return false;
}
std::int64_t Conv2dPlans::workspace_bytes(const Conv2dProblem& /*problem*/) {
  return 0;
}
void Conv2dPlans::run(const Conv2dProblem& /*problem*/, const Conv2dOperands& /*operands*/,
                      View<DeviceSpace, std::byte> /*workspace*/, cudaStream_t /*stream*/) {}
PlanChoices Conv2dPlans::choices() const {
  return {};
}
std::string Conv2dPlans::environment() const {
  return {};
}

}  // namespace kindling
