#pragma once

#include <cudnn.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/core/error.h"
#include "kernels/cudnn/conv2d_plan.h"
#include "kernels/cudnn/conv2d_problem.h"

namespace kindling {

// --autotune times this many of cuDNN's plans for a problem.
inline constexpr std::size_t kPlansToTime = 8;

// The earliest plan whose time is within 3 % of the best: timings differ by that much from run to run, and cuDNN's
// order says something too. Not empty.
inline std::size_t index_of_fastest(std::span<const float> milliseconds) {
  constexpr float kNoise = 1.03F;
  require(!milliseconds.empty(), "no plan was timed");
  const float limit = *std::min_element(milliseconds.begin(), milliseconds.end()) * kNoise;
  const auto earliest = std::find_if(milliseconds.begin(), milliseconds.end(), [&](float ms) { return ms <= limit; });
  return static_cast<std::size_t>(earliest - milliseconds.begin());
}

// How long each plan of the problem takes on the current device, in milliseconds. Makes its own memory (zeros) and
// stream, and waits: not for use inside a stream capture. Leaves the handle on another stream. Throws Error(kDevice).
std::vector<float> time_plans(const std::vector<Conv2dPlan>& plans, const Conv2dProblem& problem, cudnnHandle_t handle);

}  // namespace kindling
