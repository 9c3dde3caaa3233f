#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/batch_source.h"
#include "engine/summary.h"
#include "engine/train_step.h"
#include "kernels/core/clock.h"
#include "kernels/core/random.h"

namespace CLI {  // NOLINT: the library's name
class App;
}

namespace kindling::bench {

// Training steps timed as bench/peers/train_step.py times PyTorch's: same model, batch, optimizer and number of steps,
// random images. Google Benchmark would choose the number of steps by itself; here it must be the peer's.
struct StepOptions {
  int repeats = 10;  // steps measured
  int warmup = 2;    // steps before
  std::int64_t batch = 128;
  std::int64_t width = 64;
};
void add_step_options(CLI::App& app, StepOptions& options);

struct StepTimes {
  double median_ms = 0;
  double q1_ms = 0;
  double q3_ms = 0;
  double min_ms = 0;
  double flops = 0;  // of one step
};

// Quartiles as Python's statistics.quantiles has them. (Of two values it extrapolates; here they are the values.)
StepTimes summarize_times(std::vector<double> times_ms);

// `"batch": 128, "repeats": ...`: the part of a program's JSON that doesn't depend on the device.
std::string to_json(const StepOptions& options, const StepTimes& times, double peak_gflops);

void fill_slot(const BatchSlot& slot);

template <class C>
StepTimes time_steps(C& context, const StepOptions& options) {
  Network<C> network(context, {.width = options.width}, options.batch);
  network.parameters().initialize(context, 1);
  Optimizer<C> optimizer(context, resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, {}),
                         network.parameters().layout().parameter_arena_size());
  const SlotPool<C> slots(context, 1, options.batch);
  fill_slot(slots.slot(0));
  TrainStep<C> train_step(context, network, optimizer, 0);

  // As in training, as many steps are under way as the context takes; a step's time is that between two results.
  std::vector<double> times_ms;
  Stopwatch watch;
  int done = 0;
  for (std::int64_t step = 1; done < options.warmup + options.repeats; ++step) {
    train_step.submit(slots.slot(0), options.batch, 0.1, step);
    if (!train_step.pipeline().is_full()) continue;
    train_step.collect();
    const double milliseconds = watch.restart_ms();
    if (++done > options.warmup) times_ms.push_back(milliseconds);
  }
  while (train_step.pipeline().in_flight() > 0) train_step.collect();
  StepTimes times = summarize_times(std::move(times_ms));
  times.flops = training_flops_per_image(summarize(network.layers(), network.parameters().layout())) *
                static_cast<double>(options.batch);
  return times;
}

}  // namespace kindling::bench
