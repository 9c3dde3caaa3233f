#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "apps/common_options.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "data/subset.h"
#include "engine/batch_pipeline.h"
#include "engine/batch_source.h"

namespace kindling {

inline LoaderOptions loader_options(const DataOptions& options, Split split) {
  const bool train = split == Split::kTrain;
  return {.batch_size = options.batch_size,
          .workers = options.workers,
          .prefetch = options.prefetch,
          .seed = options.seed,
          .shuffle = train && options.shuffle,
          .augment = train && options.augment,
          .inject_latency_us = options.inject_latency_us,
          .limit_batches = options.limit_batches.value_or(0)};
}

// One split of the data set with the loader that delivers it and the slots lent to that: those that the loader fills
// and those that steps under way still read.
template <class C>
struct DataFeed {
  DataFeed(C& context, const DataOptions& options, Split split)
      : DataFeed(context, options.batch_size, open_dataset(options.dataset, split), loader_options(options, split)) {}

  DataFeed(C& context, std::int64_t batch_size, std::unique_ptr<Dataset> images, const LoaderOptions& options)
      : dataset(std::move(images)),
        slots(context, Loader::slots_needed(options) + kStepsInFlight<C> - 1, batch_size),
        loader(*dataset, options, slots.slots()) {}

  BatchFeed<C, Loader> feed() { return {loader, slots}; }

  // How many images a batch may hold: a full one, and the last one where that is another number.
  std::vector<std::int64_t> batch_sizes() const {
    const std::int64_t whole = dataset->size() / slots.batch_size();
    const std::int64_t rest = dataset->size() % slots.batch_size();
    std::vector<std::int64_t> sizes;
    if (whole > 0) sizes.push_back(slots.batch_size());
    if (rest > 0 && loader.batches_per_epoch() > whole) sizes.push_back(rest);
    return sizes;
  }

  std::unique_ptr<Dataset> dataset;
  SlotPool<C> slots;
  Loader loader;
};

}  // namespace kindling
