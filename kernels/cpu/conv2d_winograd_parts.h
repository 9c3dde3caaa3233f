#pragma once

#include <cstdint>

#include "kernels/cpu/conv2d_problem.h"
#include "kernels/cpu/conv2d_winograd_plan.h"

namespace kindling {

// What winograd_gather consists of. WinogradPlan says how the arrays lie.

// Some source channels of a panel of the filter, and memory: where their transform goes, and scratch.
struct FilterPart {
  static constexpr std::int64_t kTaps = 9;
  static constexpr std::int64_t kMostChannels = 32;  // their taps stay in the L1 cache

  std::int64_t panel;
  Span channels;
  float* transform;
  std::int64_t transform_stride;
  float* taps;  // kTaps x kMostChannels x the panel's width
};
void transform_filter(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                      const GatherProblem& problem, const FilterPart& part);

// Some tiles and channels of the source; the transform of the first tile goes to `transform`.
struct SourcePart {
  Span tiles;
  Span channels;
  float* transform;
};
void transform_source(const WinogradKernels& winograd, const WinogradPlan& plan, const float* source,
                      const SourcePart& part);

// The product of a pass: the transforms of a block of tiles and of depth times those of a few panels, whose first is at
// `filter` and which lie panel_floats apart.
struct WinogradPass {
  std::int64_t tiles;
  std::int64_t panels;
  std::int64_t depth;
  const float* source;
  const float* filter;
  float* product;
  bool accumulate;
};
void multiply_pass(const SimdKernels& simd, const WinogradPlan& plan, const WinogradPass& pass);

// Some tiles and target channels of a pass.
struct TargetPart {
  Span tiles;
  Span channels;
  const float* product;
};
void transform_product(const SimdKernels& simd, const WinogradKernels& winograd, const WinogradPlan& plan,
                       const GatherProblem& problem, const TargetPart& part);

}  // namespace kindling
