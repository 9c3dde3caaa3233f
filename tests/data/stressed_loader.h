#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "data/loader.h"
#include "data/permutation.h"
#include "tests/data/loader_fixture.h"
#include "tests/data/restless_dataset.h"
#include "tests/support/random_values.h"

namespace kindling::test {

inline LoaderOptions random_options(RandomValues& random) {
  constexpr std::int64_t kWorkers[] = {0, 1, 2, 3, 4, 8, 16};
  LoaderOptions options;
  options.batch_size = random.integer(1, 9);
  options.workers = kWorkers[random.integer(0, 6)];
  options.prefetch = random.integer(1, 8);
  options.seed = static_cast<std::uint64_t>(random.integer(0, 1000));
  options.shuffle = random.integer(0, 3) > 0;
  options.augment = random.integer(0, 1) > 0;
  return options;
}

// One loader through many epochs.
class StressedLoader {
 public:
  explicit StressedLoader(RandomValues& random)
      : random_(random),
        options_(random_options(random)),
        extra_slots_(random.integer(0, 3)),
        dataset_(random.integer(1, 300), static_cast<std::uint32_t>(random.integer(0, 2) * 40)),
        memory_(Loader::slots_needed(options_) + extra_slots_, options_.batch_size),
        loader_(std::make_unique<Loader>(dataset_, options_, memory_.slots())) {}

  // Every image once, in batches in order.
  void whole_epoch(std::int64_t epoch) {
    start_epoch(epoch, 0);
    std::vector<std::int32_t> seen;
    std::int64_t index = 0;
    while (const std::optional<Batch> batch = next()) {
      ASSERT_EQ(batch->index, index++);
      take(*batch, seen);
      hold(*batch);
    }
    ASSERT_EQ(index, loader_->batches_per_epoch());
    std::sort(seen.begin(), seen.end());
    std::vector<std::int32_t> all(static_cast<std::size_t>(dataset_.size()));
    std::iota(all.begin(), all.end(), 0);
    ASSERT_EQ(seen, all) << describe(epoch);
    held_.clear();
  }

  // The consumer goes away in the middle, with batches still in its hands.
  void left_epoch(std::int64_t epoch) {
    start_epoch(epoch, random_.integer(0, loader_->batches_per_epoch()));
    for (std::int64_t left = random_.integer(0, loader_->batches_per_epoch()); left > 0; --left) {
      const std::optional<Batch> batch = next();
      if (!batch) break;
      hold(*batch);
    }
    held_.clear();
  }

  // An image can't be read: its batch is the place of the error, and all before it are whole.
  void broken_epoch(std::int64_t epoch) {
    const std::int64_t broken = random_.integer(0, dataset_.size() - 1);
    dataset_.break_image(broken);
    start_epoch(epoch, 0);
    const auto place = std::find(order_.begin(), order_.end(), static_cast<std::uint32_t>(broken)) - order_.begin();
    std::vector<std::int32_t> seen;
    for (std::int64_t i = 0; i < place / options_.batch_size; ++i) {
      const std::optional<Batch> batch = next();
      ASSERT_TRUE(batch.has_value()) << describe(epoch);
      take(*batch, seen);
      hold(*batch);
    }
    ASSERT_EQ(test::error_of([&] { next(); }), "3: image " + std::to_string(broken) + " is broken") << describe(epoch);
    ASSERT_FALSE(next().has_value());
    dataset_.break_image(-1);
    held_.clear();
  }

  std::int64_t delivered() const { return delivered_; }
  std::string describe(std::int64_t epoch) const {
    return "epoch " + std::to_string(epoch) + ", " + std::to_string(options_.workers) + " workers, prefetch " +
           std::to_string(options_.prefetch) + ", batch size " + std::to_string(options_.batch_size) + ", " +
           std::to_string(dataset_.size()) + " images, seed " + std::to_string(options_.seed);
  }

 private:
  std::optional<Batch> next() {
    if (random_.integer(0, 200) == 0) std::this_thread::sleep_for(std::chrono::microseconds(random_.integer(0, 300)));
    std::optional<Batch> batch = loader_->next();
    if (batch) ++delivered_;
    return batch;
  }

  void take(const Batch& batch, std::vector<std::int32_t>& seen) {
    check(batch);
    const auto labels = memory_.slots()[static_cast<std::size_t>(batch.slot)].labels;
    seen.insert(seen.end(), labels.begin(), labels.begin() + batch.images);
  }

  // Every image of a batch is whole, and that of its place in the order.
  void check(const Batch& batch) {
    static const InputTransform transform;
    const BatchSlot& slot = memory_.slots()[static_cast<std::size_t>(batch.slot)];
    std::vector<float> expected(kImageElements);
    for (std::int64_t i = 0; i < batch.images; ++i) {
      const std::int32_t label = slot.labels[static_cast<std::size_t>(i)];
      ASSERT_EQ(static_cast<std::uint32_t>(label),
                order_[static_cast<std::size_t>(batch.index * options_.batch_size + i)]);
      Image image{};
      image.pixels.fill(RestlessDataset::pixel_of(label));
      transform.apply(image, AugmentDecision{}, expected);
      // The centre, which every crop holds.
      constexpr std::size_t kCentre = std::size_t{16 * kImageSide + 16} * kImageChannels;
      const std::size_t place = static_cast<std::size_t>(i) * kImageElements + kCentre;
      ASSERT_EQ(slot.pixels[place], expected[kCentre]) << label;
    }
  }

  void start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    order_ = options_.shuffle ? shuffled_order(dataset_.size(), options_.seed, epoch) : identity_order(dataset_.size());
    loader_->start_epoch(epoch, first_batch);
  }

  // Gives back the oldest of the batches held until few are left; now and then from another thread.
  void hold(const Batch& batch) {
    held_.push_back(batch);
    const std::int64_t most = random_.integer(0, extra_slots_);
    while (std::ssize(held_) > most) {
      const Batch oldest = held_.front();
      held_.pop_front();
      check(oldest);  // still: nobody wrote into what was lent
      if (random_.integer(0, 63) == 0) {
        std::thread([&] { loader_->release(oldest); }).join();
      } else {
        loader_->release(oldest);
      }
    }
  }

  RandomValues& random_;
  LoaderOptions options_;
  std::int64_t extra_slots_;
  RestlessDataset dataset_;
  SlotMemory memory_;
  std::unique_ptr<Loader> loader_;
  std::vector<std::uint32_t> order_;  // of the epoch
  std::deque<Batch> held_;
  std::int64_t delivered_ = 0;
};

}  // namespace kindling::test
