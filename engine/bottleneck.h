#pragma once

#include <cstdint>
#include <string>

#include "kernels/core/time_account.h"
#include "kernels/lane.h"

namespace kindling {

// What the four stages of a training pipeline take for one batch, each by itself: they work on different batches at the
// same time (with loader workers, and on a device), so that the slowest of them sets the pace.
struct BatchCosts {
  double loader_ms = 0;   // the workers' work, divided among them
  double copy_ms = 0;     // of the input, by a device
  double launch_ms = 0;   // the trainer's thread, to hand a step to a device
  double compute_ms = 0;  // forward, backward, optimizer
};

// From what a run measured: its phases, the time that all its loader workers were busy, and what a device did (nothing
// on the CPU). `workers`: 0 counts as one, the trainer itself.
BatchCosts batch_costs(const PhaseTimes& phases, const DeviceTimes& device, double loader_busy_s, std::int64_t workers,
                       std::int64_t batches);

enum class Bottleneck { kBalanced, kLoader, kCopy, kLaunch, kCompute };

const char* name_of(Bottleneck bottleneck);

struct Verdict {
  Bottleneck bottleneck = Bottleneck::kBalanced;
  double margin = 0;  // by how much the slowest stage is slower than the next: 0.25 means 1.25 times as slow
};

// Within this margin there is no one bottleneck.
inline constexpr double kBalancedMargin = 0.10;

Verdict judge(const BatchCosts& costs);

// The verdict in a sentence with its figures.
std::string explain(const Verdict& verdict, const BatchCosts& costs, std::int64_t workers);

}  // namespace kindling
