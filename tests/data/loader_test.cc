#include "data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/permutation.h"
#include "tests/data/loader_fixture.h"

namespace kindling {
namespace {

using test::Delivered;
using test::drain;
using test::FormulaDataset;
using test::SlotMemory;

constexpr std::int64_t kImages = 61;

LoaderOptions small_options(std::int64_t workers, std::int64_t prefetch = 2) {
  LoaderOptions options;
  options.batch_size = 8;
  options.workers = workers;
  options.prefetch = prefetch;
  options.seed = 11;
  return options;
}

// Positions [first, first + images) of an epoch, made without the loader.
Delivered by_definition(const Dataset& dataset, const LoaderOptions& options, std::int64_t epoch) {
  const InputTransform transform;
  const auto order =
      options.shuffle ? shuffled_order(dataset.size(), options.seed, epoch) : identity_order(dataset.size());
  Delivered expected;
  Image image{};
  std::vector<float> pixels(kImageElements);
  for (const std::uint32_t sample : order) {
    dataset.read(sample, image);
    const AugmentDecision decision =
        options.augment ? decide_augmentation(options.seed, epoch, sample) : AugmentDecision{};
    transform.apply(image, decision, pixels);
    expected.pixels.insert(expected.pixels.end(), pixels.begin(), pixels.end());
    expected.labels.push_back(image.label);
  }
  for (std::int64_t left = dataset.size(); left > 0; left -= options.batch_size) {
    expected.batch_images.push_back(std::min(left, options.batch_size));
  }
  return expected;
}

TEST(Loader, DeliversTheSameForAnyWorkersPrefetchAndSlots) {
  const FormulaDataset dataset(kImages);
  const Delivered epoch0 = by_definition(dataset, small_options(0), 0);
  const Delivered epoch3 = by_definition(dataset, small_options(0), 3);
  ASSERT_NE(epoch0.pixels, epoch3.pixels);
  for (std::int64_t workers = 0; workers <= 16; ++workers) {
    for (const std::int64_t prefetch : {1, 2, 5}) {
      const LoaderOptions options = small_options(workers, prefetch);
      const std::int64_t slots = Loader::slots_needed(options) + prefetch % 2;  // more than needed is fine
      const SlotMemory memory(slots, options.batch_size);
      Loader loader(dataset, options, memory.slots());
      EXPECT_TRUE(drain(loader, memory, 0) == epoch0) << workers << " workers, prefetch " << prefetch;
      EXPECT_TRUE(drain(loader, memory, 3) == epoch3) << workers << " workers, prefetch " << prefetch;
    }
  }
}

TEST(Loader, EvaluationSeesTheSetInOrderAndUntouched) {
  const FormulaDataset dataset(kImages);
  LoaderOptions options = small_options(2);
  options.shuffle = false;
  options.augment = false;
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  const Delivered delivered = drain(loader, memory, 0);
  EXPECT_TRUE(delivered == by_definition(dataset, options, 0));
  EXPECT_TRUE(delivered == drain(loader, memory, 1));
  EXPECT_EQ(delivered.batch_images.back(), kImages % 8);
}

TEST(Loader, StartsAtAnyBatch) {
  const FormulaDataset dataset(kImages);
  for (const std::int64_t workers : {0, 3}) {
    const LoaderOptions options = small_options(workers);
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    const Delivered whole = drain(loader, memory, 5);
    for (std::int64_t first = 0; first <= loader.batches_per_epoch(); ++first) {
      const Delivered rest = drain(loader, memory, 5, first);
      const auto skipped = static_cast<std::size_t>(first) * 8;
      ASSERT_EQ(rest.labels.size(), std::max(whole.labels.size(), skipped) - skipped);
      EXPECT_TRUE(std::equal(rest.pixels.rbegin(), rest.pixels.rend(), whole.pixels.rbegin())) << first;
    }
  }
}

TEST(Loader, RanksTogetherSeeWhatOneProcessSees) {
  const FormulaDataset dataset(kImages);
  LoaderOptions options = small_options(2);
  options.batch_size = 8;
  const Delivered single = by_definition(dataset, options, 1);
  options.batch_size = 2;
  options.world = 4;
  std::vector<Delivered> ranks;
  for (options.rank = 0; options.rank < options.world; ++options.rank) {
    const SlotMemory memory(options);
    Loader loader(dataset, options, memory.slots());
    ranks.push_back(drain(loader, memory, 1));
  }
  Delivered together;
  std::vector<std::size_t> taken(ranks.size(), 0);
  for (std::size_t batch = 0; batch < single.batch_images.size(); ++batch) {
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      const auto images = static_cast<std::size_t>(ranks[rank].batch_images[batch]);
      const auto first = ranks[rank].pixels.begin() + static_cast<std::ptrdiff_t>(taken[rank] * kImageElements);
      together.pixels.insert(together.pixels.end(), first,
                             first + static_cast<std::ptrdiff_t>(images * kImageElements));
      taken[rank] += images;
    }
  }
  EXPECT_EQ(together.pixels, single.pixels);
}

TEST(Loader, DeliversEmptySharesSoThatRanksStayInStep) {
  const FormulaDataset dataset(9);  // global batches of 8 and 1: three of four ranks have nothing in the second
  for (const std::int64_t workers : {0, 2}) {
    LoaderOptions options = small_options(workers);
    options.batch_size = 2;
    options.world = 4;
    std::int64_t images_in_second = 0;
    for (options.rank = 0; options.rank < options.world; ++options.rank) {
      const SlotMemory memory(options);
      Loader loader(dataset, options, memory.slots());
      const Delivered delivered = drain(loader, memory, 0);
      ASSERT_EQ(delivered.batch_images.size(), 2U);
      images_in_second += delivered.batch_images[1];
    }
    EXPECT_EQ(images_in_second, 1);
  }
}

TEST(Loader, LimitsBatches) {
  const FormulaDataset dataset(kImages);
  LoaderOptions options = small_options(2);
  options.limit_batches = 3;
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  EXPECT_EQ(drain(loader, memory, 0).labels.size(), 24U);
  options.limit_batches = 100;
  EXPECT_EQ(Loader(dataset, options, memory.slots()).batches_per_epoch(), 8);
}

TEST(Loader, HasNothingBeforeAnEpochIsStartedOrAfterItsEnd) {
  const FormulaDataset dataset(kImages);
  const LoaderOptions options = small_options(2);
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  EXPECT_FALSE(loader.next().has_value());
  drain(loader, memory, 0);
  EXPECT_FALSE(loader.next().has_value());
}

TEST(Loader, TheHeldBatchIsLeftAlone) {
  const FormulaDataset dataset(kImages);
  const LoaderOptions options = small_options(4);
  const SlotMemory memory(Loader::slots_needed(options) + 1, options.batch_size);  // hold two at a time
  Loader loader(dataset, options, memory.slots());
  loader.start_epoch(0);
  std::optional<Batch> held = loader.next();
  Delivered before;
  before.append(*held, memory.slots()[static_cast<std::size_t>(held->slot)]);
  while (const std::optional<Batch> batch = loader.next()) {
    Delivered after;
    after.append(*held, memory.slots()[static_cast<std::size_t>(held->slot)]);
    ASSERT_TRUE(after == before);
    loader.release(*held);
    held = batch;
    before = {};
    before.append(*held, memory.slots()[static_cast<std::size_t>(held->slot)]);
  }
}

TEST(Loader, RefusesImpossibleOptions) {
  const FormulaDataset dataset(kImages);
  const SlotMemory memory(3, 8);
  const auto code_of = [&](LoaderOptions options) {
    return test::error_of([&] { Loader(dataset, options, memory.slots()); }).substr(0, 3);
  };
  LoaderOptions options = small_options(-1);
  EXPECT_EQ(code_of(options), "2: ");
  options = small_options(1'000'000'000);
  EXPECT_EQ(code_of(options), "2: ");
  options = small_options(2, 0);
  EXPECT_EQ(code_of(options), "2: ");
  options = small_options(2);
  options.batch_size = 0;
  EXPECT_EQ(code_of(options), "2: ");
  options = small_options(2);
  options.rank = 1;
  EXPECT_EQ(code_of(options), "2: ");
  options = small_options(2);
  options.batch_size = 9;  // more than the slots hold
  EXPECT_EQ(code_of(options), "1: ");
  options = small_options(2, 3);  // needs four slots
  EXPECT_EQ(code_of(options), "1: ");
}

}  // namespace
}  // namespace kindling
