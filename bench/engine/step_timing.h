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

// Training or evaluation steps timed as bench/peers/train_step.py times PyTorch's: same model, batch, optimizer and
// number of steps, random images. Google Benchmark would choose the number of steps by itself; here it must be the
// peer's.
struct StepOptions {
  int repeats = 10;  // steps measured
  int warmup = 2;    // steps before
  std::int64_t batch = 128;
  std::int64_t width = 64;
  bool evaluate = false;  // evaluation steps
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

// As in training, as many steps are under way as the context takes; a step's time is that between two results.
template <class Step, class Submit>
StepTimes time_pipeline(Step& step, const StepOptions& options, const Submit& submit) {
  std::vector<double> times_ms;
  Stopwatch watch;
  int done = 0;
  for (std::int64_t number = 1; done < options.warmup + options.repeats; ++number) {
    submit(number);
    if (!step.pipeline().is_full()) continue;
    step.collect();
    const double milliseconds = watch.restart_ms();
    if (++done > options.warmup) times_ms.push_back(milliseconds);
  }
  while (step.pipeline().in_flight() > 0) step.collect();
  return summarize_times(std::move(times_ms));
}

template <class C>
StepTimes time_steps(C& context, const StepOptions& options) {
  Network<C> network(context, {.width = options.width}, options.batch);
  network.parameters().initialize(context, 1);
  const SlotPool<C> slots(context, 1, options.batch);
  const BatchSlot slot = slots.slot(0);
  fill_slot(slot);
  const std::vector<LayerSummary> layers = summarize(network.layers(), network.parameters().layout());
  const auto images = static_cast<double>(options.batch);
  StepTimes times;
  if (options.evaluate) {
    EvalStep<C> step(context, network);
    times = time_pipeline(step, options, [&](std::int64_t /*number*/) { step.submit(slot, options.batch); });
    times.flops = inference_flops_per_image(layers) * images;
    return times;
  }
  Optimizer<C> optimizer(context, resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, {}),
                         network.parameters().layout().parameter_arena_size());
  TrainStep<C> step(context, network, optimizer, 0);
  times = time_pipeline(step, options, [&](std::int64_t number) { step.submit(slot, options.batch, 0.1, number); });
  times.flops = training_flops_per_image(layers) * images;
  return times;
}

}  // namespace kindling::bench
