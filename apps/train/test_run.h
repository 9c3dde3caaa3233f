#pragma once

#include "apps/train/data_feed.h"
#include "apps/train/report.h"
#include "engine/evaluation.h"
#include "engine/weights_file.h"

namespace kindling {

// --test-only: loss, top-1 and images/s of --init-weights on the test set. Writes no file; returns the exit status.
template <class C>
int run_test(C& context, const TrainOptions& options, StopSignals& signals) {
  Network<C> network(context, options.network, options.batch_size);
  load_weights(context, network.parameters(), options.init_weights);
  DataFeed<C> test(context, options, Split::kTest);
  EvalStep<C> step(context, network);
  ScreenOnlyObserver observer(signals);
  const Stopwatch watch;
  const std::optional<RunningMetrics> metrics = evaluate(step, test.feed(), observer);
  if (!metrics) throw_interrupted(signals.arrived(), "before the end: no result");
  print_test_result(*metrics, watch.elapsed_s());
  return target_status(options.target_top1, metrics->top1());
}

}  // namespace kindling
