#pragma once

#include "apps/train/data_feed.h"
#include "apps/train/report.h"
#include "apps/train/run_times.h"
#include "engine/evaluation.h"
#include "engine/weights_file.h"

namespace kindling {

inline std::unique_ptr<Dataset> evaluation_set(const TrainOptions& options) {
  if (options.validation_images == 0) return open_dataset(options.dataset, Split::kTest);
  return hold_out(open_dataset(options.dataset, Split::kTrain), options.validation_images).test;
}

// --test-only: loss, top-1 and images/s of --init-weights on the test set, or on the images held out of the training
// set. Writes no file; returns the exit status.
template <class C>
int run_test(C& context, const TrainOptions& options, StopSignals& signals) {
  Network<C> network(context, options.network, options.batch_size);
  load_weights(context, network.parameters(), options.init_weights);
  DataFeed<C> test(context, options.batch_size, evaluation_set(options), loader_options(options, Split::kTest));
  PhaseAccount account;
  EvalStep<C> step(context, network, &account);
  ScreenOnlyObserver observer(signals);
  account.restart();
  const Stopwatch watch;
  const std::optional<RunningMetrics> metrics = evaluate(step, test.feed(), observer, &account);
  if (!metrics) throw_interrupted(signals.arrived(), "before the end: no result");
  account.take();
  const double seconds = watch.elapsed_s();
  print_test_result(*metrics, seconds);
  print_times({.wall_s = seconds, .phases = account.total(), .device = {}, .loader = {}});
  return target_status(options.target_top1, metrics->top1());
}

}  // namespace kindling
