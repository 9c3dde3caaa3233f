#pragma once

#include <deque>
#include <optional>

#include "engine/batch_source.h"
#include "engine/metrics.h"
#include "engine/train_step.h"
#include "engine/training_state.h"

namespace kindling {

// Loss and top-1 over one pass of a test set; empty when the observer asked to stop before its last batch. `account`
// (that of the step, or null) is told when the thread waits for the loader.
template <class C, BatchSource Source, class Eval>
std::optional<RunningMetrics> evaluate(Eval& step, const BatchFeed<C, Source>& test, TrainingObserver& observer,
                                       PhaseAccount* account = nullptr) {
  const std::int64_t batches = test.source.batches_per_epoch();
  RunningMetrics metrics;
  bool stopping = false;
  std::deque<Batch> in_flight;
  const auto collect_one = [&] {  // whether to stop
    const Batch batch = in_flight.front();
    in_flight.pop_front();
    metrics.add(step.collect().metrics);
    test.source.release(batch);
    observer.evaluation_progressed(batch.index + 1, batches);
    return stopping || (batch.index + 1 < batches && observer.evaluation_stop_requested());
  };
  const auto start = [&] {
    const auto scope = optional_phase(account, Phase::kData);
    test.source.start_epoch(0, 0);
  };
  const auto next = [&] {
    const auto scope = optional_phase(account, Phase::kData);
    return test.source.next();
  };
  start();
  while (!stopping) {
    const std::optional<Batch> batch = next();
    if (!batch) break;
    step.submit(test.slots.slot(batch->slot), batch->images);
    in_flight.push_back(*batch);
    if (step.pipeline().is_full()) stopping = collect_one();
  }
  while (!in_flight.empty()) stopping = collect_one();
  if (stopping) return std::nullopt;
  return metrics;
}

}  // namespace kindling
