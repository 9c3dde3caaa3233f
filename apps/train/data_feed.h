#pragma once

#include <memory>

#include "apps/common_options.h"
#include "data/dataset.h"
#include "data/loader.h"
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
          .limit_batches = options.limit_batches.value_or(0)};
}

// One split of the data set with the loader that delivers it and the slots lent to that.
template <class C>
struct DataFeed {
  DataFeed(C& context, const DataOptions& options, Split split)
      : dataset(open_dataset(options.dataset, split)),
        slots(context, Loader::slots_needed(loader_options(options, split)), options.batch_size),
        loader(*dataset, loader_options(options, split), slots.slots()) {}

  BatchFeed<C, Loader> feed() { return {loader, slots}; }

  std::unique_ptr<Dataset> dataset;
  SlotPool<C> slots;
  Loader loader;
};

}  // namespace kindling
