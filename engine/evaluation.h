#pragma once

#include <optional>

#include "engine/batch_source.h"
#include "engine/metrics.h"
#include "engine/train_step.h"
#include "engine/training_state.h"

namespace kindling {

// Loss and top-1 over one pass of a test set; empty when the observer asked to stop before its last batch.
template <class C, BatchSource Source>
std::optional<RunningMetrics> evaluate(EvalStep<C>& step, const BatchFeed<C, Source>& test,
                                       TrainingObserver& observer) {
  RunningMetrics metrics;
  test.source.start_epoch(0, 0);
  while (const std::optional<Batch> batch = test.source.next()) {
    metrics.add(step.run(test.slots.slot(batch->slot), batch->images));
    test.source.release(*batch);
    observer.evaluation_progressed(batch->index + 1, test.source.batches_per_epoch());
    const bool is_last = batch->index + 1 == test.source.batches_per_epoch();
    if (!is_last && observer.evaluation_stop_requested()) return std::nullopt;
  }
  return metrics;
}

}  // namespace kindling
