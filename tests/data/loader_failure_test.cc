#include <gmock/gmock.h>

#include <new>

#include "data/loader.h"
#include "tests/data/loader_fixture.h"

namespace kindling {
namespace {

using test::drain;
using test::error_of;
using test::FormulaDataset;
using test::SlotMemory;

LoaderOptions in_order(std::int64_t workers) {
  LoaderOptions options;
  options.batch_size = 8;
  options.workers = workers;
  options.shuffle = false;
  return options;
}

TEST(LoaderFailure, ReachesTheCallerOnceInItsPlace) {
  // Records 28, 29 and 50 are broken: batches 0 to 2 are delivered, then the error of record 28, for any number of
  // workers and however they are scheduled.
  const FormulaDataset dataset(61, {50, 29, 28});
  for (const std::int64_t workers : {0, 1, 2, 4, 8, 16}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    for (int repeat = 0; repeat < 20; ++repeat) {
      loader.start_epoch(repeat);
      for (std::int64_t i = 0; i < 3; ++i) {
        const std::optional<Batch> batch = loader.next();
        ASSERT_TRUE(batch.has_value());
        ASSERT_EQ(batch->index, i);
        loader.release(*batch);
      }
      ASSERT_EQ(error_of([&] { loader.next(); }), "3: set.bin: record 28 is broken") << workers;
      ASSERT_FALSE(loader.next().has_value());
      ASSERT_FALSE(loader.next().has_value());
    }
  }
}

TEST(LoaderFailure, LeavesTheLoaderUsable) {
  const FormulaDataset broken(61, {60});
  const FormulaDataset whole(61);
  for (const std::int64_t workers : {0, 4}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(broken, options, memory.slots());
    EXPECT_EQ(error_of([&] { drain(loader, memory, 0); }), "3: set.bin: record 60 is broken");
    LoaderOptions limited = options;  // the same set without its last batch
    limited.limit_batches = 7;
    const SlotMemory other_memory(limited);
    Loader expected(whole, limited, other_memory.slots());
    loader.start_epoch(1);
    test::Delivered delivered;
    for (std::int64_t i = 0; i < 7; ++i) {
      const std::optional<Batch> batch = loader.next();
      delivered.append(*batch, memory.slots()[static_cast<std::size_t>(batch->slot)]);
      loader.release(*batch);
    }
    EXPECT_TRUE(delivered == drain(expected, other_memory, 1));
  }
}

TEST(LoaderFailure, KeepsTheTypeOfOtherExceptions) {
  class OutOfMemory final : public Dataset {
   public:
    std::int64_t size() const override { return 20; }
    const std::vector<std::string>& classes() const override { return classes_; }
    void read(std::int64_t /*index*/, Image& /*image*/) const override { throw std::bad_alloc(); }
    std::string fingerprint() const override { return ""; }

   private:
    std::vector<std::string> classes_;
  };
  const OutOfMemory dataset;
  for (const std::int64_t workers : {0, 2}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    loader.start_epoch(0);
    EXPECT_THROW(loader.next(), std::bad_alloc);
  }
}

TEST(LoaderFailure, AnUnreportedFailureDoesNotHang) {
  const FormulaDataset dataset(61, {0, 13, 40});
  for (const std::int64_t workers : {0, 1, 4}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    loader.start_epoch(0);
    loader.start_epoch(1);  // without a look at the failure of epoch 0
  }
}

TEST(LoaderFailure, StoppingEarlyAtAnyPointDoesNotHang) {
  const FormulaDataset dataset(61);
  for (const std::int64_t workers : {0, 1, 2, 5, 16}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    for (std::int64_t taken = -1; taken <= 8; ++taken) {
      for (const bool hold_last : {false, true}) {
        Loader loader(dataset, options, memory.slots());
        if (taken >= 0) loader.start_epoch(0);
        for (std::int64_t i = 0; i < taken; ++i) {
          const std::optional<Batch> batch = loader.next();
          ASSERT_TRUE(batch.has_value());
          if (!hold_last || i + 1 < taken) loader.release(*batch);
        }
      }
    }
  }
}

TEST(LoaderFailure, AnEpochCanBeLeftAtAnyPoint) {
  const FormulaDataset dataset(61);
  for (const std::int64_t workers : {0, 1, 2, 5, 16}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    const test::Delivered whole = drain(loader, memory, 0);
    for (std::int64_t taken = 0; taken <= 8; ++taken) {
      loader.start_epoch(1);
      for (std::int64_t i = 0; i < taken; ++i) {
        const std::optional<Batch> batch = loader.next();
        if (i + 1 < taken) loader.release(*batch);  // the last stays on loan
      }
      // What was left is not mixed into what follows. The order is the identity, the augmentation the epoch's.
      ASSERT_TRUE(drain(loader, memory, 0) == whole) << workers << " " << taken;
    }
  }
}

TEST(LoaderFailure, HoldingEverySlotIsAnErrorRatherThanAHang) {
  const FormulaDataset dataset(61);
  for (const std::int64_t workers : {0, 2}) {
    const LoaderOptions options = in_order(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    loader.start_epoch(0);
    for (std::int64_t i = 0; i < Loader::slots_needed(options); ++i) ASSERT_TRUE(loader.next().has_value());
    EXPECT_THAT(error_of([&] { loader.next(); }), ::testing::HasSubstr("holds every slot"));
  }
}

TEST(LoaderFailure, ABatchIsGivenBackOnce) {
  const FormulaDataset dataset(61);
  const LoaderOptions options = in_order(2);
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  loader.start_epoch(0);
  const Batch batch = *loader.next();
  loader.release(batch);
  EXPECT_THROW(loader.release(batch), Error);
  loader.start_epoch(1);
  EXPECT_THROW(loader.release(batch), Error);
  EXPECT_THROW(loader.start_epoch(1, 9), Error);
  EXPECT_THROW(loader.start_epoch(-1), Error);
}

}  // namespace
}  // namespace kindling
