// A loader takes its memory when it is made: 100 epochs leave no more of it in use than 10 did.

#include <gtest/gtest.h>

#include "data/loader.h"
#include "tests/data/live_bytes.h"
#include "tests/data/loader_fixture.h"
#include "tests/data/restless_dataset.h"
#include "tests/data/watchdog.h"

namespace kindling {
namespace {

TEST(LoaderMemory, IsFlatOverAHundredEpochs) {
  test::Watchdog watchdog(std::chrono::seconds(60));
  const test::RestlessDataset dataset(600, 0);
  for (const std::int64_t workers : {0, 1, 4}) {
    LoaderOptions options;
    options.batch_size = 32;
    options.workers = workers;
    const test::SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    const auto run_to = [&](std::int64_t first, std::int64_t end) {
      for (std::int64_t epoch = first; epoch < end; ++epoch) {
        loader.start_epoch(epoch);
        while (const std::optional<Batch> batch = loader.next()) loader.release(*batch);
        loader.take_times();
      }
      watchdog.alive("epoch " + std::to_string(end));
      loader.end_epoch();
      return test::live_bytes();
    };
    const std::int64_t after_10 = run_to(0, 10);
    EXPECT_EQ(run_to(10, 100), after_10) << workers << " workers";
  }
}

}  // namespace
}  // namespace kindling
