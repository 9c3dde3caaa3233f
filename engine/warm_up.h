#pragma once

#include <cstdint>

#include "engine/train_step.h"

namespace kindling {

// Runs training or evaluation steps of `images` images until each lane has been through all that happens only once
// (workspace, choice of plans, recording), so that the first batch that counts takes no longer than the others.
// `submit(images)` begins a step on a batch whose contents don't matter.
template <class Step, class Submit>
void warm_up_steps(Step& step, std::int64_t rounds, std::int64_t images, Submit submit) {
  for (std::int64_t i = 0; i < rounds; ++i) {
    if (step.pipeline().is_full()) step.collect();
    submit(images);
  }
  while (step.pipeline().in_flight() > 0) step.collect();
}

// As it is, and recorded, in each lane.
template <class C>
inline constexpr std::int64_t kWarmUpRounds = 2 * kStepsInFlight<C>;

// Changes running statistics, gradients and moments, but not the parameters: the learning rate is 0.
template <class C>
void warm_up(TrainStep<C>& step, const BatchSlot& slot, std::int64_t images) {
  std::int64_t t = 0;
  warm_up_steps(step, kWarmUpRounds<C>, images, [&](std::int64_t n) { step.submit(slot, n, 0, ++t); });
}

template <class C>
void warm_up(EvalStep<C>& step, const BatchSlot& slot, std::int64_t images) {
  warm_up_steps(step, kWarmUpRounds<C>, images, [&](std::int64_t n) { step.submit(slot, n); });
}

}  // namespace kindling
