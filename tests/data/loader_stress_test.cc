// The loader where everything goes wrong at once, under a watchdog: readers that sleep and throw, consumers that are
// slow or leave, any number of workers and slots. KINDLING_STRESS_BATCHES says how many batches (default 30,000).

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/data/stressed_loader.h"
#include "tests/data/watchdog.h"

namespace kindling {
namespace {

using test::RandomValues;
using test::RestlessDataset;
using test::SlotMemory;
using test::StressedLoader;
using test::Watchdog;

std::int64_t batches_wanted() {
  const char* const given = std::getenv("KINDLING_STRESS_BATCHES");
  return given == nullptr ? 30'000 : std::atoll(given);
}

TEST(LoaderStress, NeitherHangsNorLosesAnImage) {
  Watchdog watchdog(std::chrono::seconds(60));
  RandomValues random(20261125);
  std::int64_t delivered = 0;
  std::int64_t loaders = 0;
  for (; delivered < batches_wanted(); ++loaders) {
    StressedLoader loader(random);
    const std::int64_t epochs = random.integer(1, 12);
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
      watchdog.alive("loader " + std::to_string(loaders) + ", " + loader.describe(epoch));
      switch (random.integer(0, 3)) {
        case 0:
          loader.left_epoch(epoch);
          break;
        case 1:
          loader.broken_epoch(epoch);
          break;
        default:
          loader.whole_epoch(epoch);
      }
      if (HasFatalFailure()) return;
    }
    delivered += loader.delivered();
  }
  std::printf("%lld batches of %lld loaders\n", static_cast<long long>(delivered), static_cast<long long>(loaders));
}

TEST(LoaderStress, StopsAtEveryBatchOfAnEpoch) {
  Watchdog watchdog(std::chrono::seconds(60));
  const RestlessDataset dataset(61, 50);
  for (const std::int64_t workers : {0, 1, 2, 4, 8, 16}) {
    for (const std::int64_t prefetch : {1, 2, 8}) {
      LoaderOptions options;
      options.batch_size = 3;
      options.workers = workers;
      options.prefetch = prefetch;
      const SlotMemory memory(options);
      for (std::int64_t taken = 0; taken <= 21; ++taken) {
        watchdog.alive(std::to_string(workers) + " workers, stop after " + std::to_string(taken));
        Loader loader(dataset, options, memory.slots());  // and destroyed in the middle
        loader.start_epoch(0);
        for (std::int64_t i = 0; i < taken; ++i) {
          const std::optional<Batch> batch = loader.next();
          ASSERT_TRUE(batch.has_value());
          loader.release(*batch);
        }
      }
    }
  }
}

}  // namespace
}  // namespace kindling
