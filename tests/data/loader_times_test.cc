#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "data/synthetic.h"
#include "tests/data/loader_fixture.h"

namespace kindling::test {
namespace {

constexpr std::int64_t kReadNs = 1'000'000;
constexpr std::int64_t kImages = 56;  // 7 batches of 8

// Images whose reading takes kReadNs of a clock that only moves by that.
class SlowDataset final : public Dataset {
 public:
  explicit SlowDataset(std::int64_t size) : images_(size, 0, Split::kTrain) {}

  std::int64_t size() const override { return images_.size(); }
  const std::vector<std::string>& classes() const override { return images_.classes(); }
  void read(std::int64_t index, Image& image) const override {
    now_ += kReadNs;
    images_.read(index, image);
  }
  std::string fingerprint() const override { return "slow"; }

  Clock clock() const {
    return [this] { return now_.load(); };
  }
  // Time that nobody works.
  void pass(std::int64_t ns) const { now_ += ns; }

 private:
  Synthetic images_;
  mutable std::atomic<std::int64_t> now_ = 1;
};

LoaderOptions options_with(const SlowDataset& dataset, std::int64_t workers) {
  LoaderOptions options;
  options.batch_size = 8;
  options.workers = workers;
  options.clock = dataset.clock();
  return options;
}

TEST(LoaderTimes, WithoutWorkersTheCallerIsBusyWhileItReads) {
  const SlowDataset dataset(kImages);
  const LoaderOptions options = options_with(dataset, 0);
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  drain(loader, memory, 0);
  dataset.pass(500);
  const LoaderTimes times = loader.take_times();
  EXPECT_EQ(times.workers.ns(WorkerState::kBusy), kImages * kReadNs);
  EXPECT_EQ(times.workers.ns(WorkerState::kBlocked), 0);
  EXPECT_EQ(times.workers.ns(WorkerState::kIdle), 500);
  EXPECT_EQ(times.requests, 7);
  EXPECT_EQ(times.mean_ready_batches(), 0);
  EXPECT_EQ(loader.take_times().workers.total_ns(), 0);
}

// Waits until the ring is full: until then the worker reads, so that the clock moves.
void wait_until_still(const SlowDataset& dataset) {
  for (std::int64_t before = -1; before != dataset.clock()();) {
    before = dataset.clock()();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

TEST(LoaderTimes, AWorkerIsBlockedByAFullRingAndIdleAtTheEnd) {
  const SlowDataset dataset(kImages);
  const LoaderOptions options = options_with(dataset, 1);
  const SlotMemory memory(options);  // 3 slots
  Loader loader(dataset, options, memory.slots());
  loader.start_epoch(0);
  wait_until_still(dataset);
  dataset.pass(7000);  // three batches lie in the ring
  EXPECT_EQ(loader.take_times().workers.ns(WorkerState::kBlocked), 7000);

  std::int64_t batches = 0;
  while (const std::optional<Batch> batch = loader.next()) {
    loader.release(*batch);
    ++batches;
  }
  wait_until_still(dataset);
  dataset.pass(300);  // nothing is left to read
  const LoaderTimes times = loader.take_times();
  EXPECT_EQ(batches, 7);
  EXPECT_EQ(times.requests, 7);
  EXPECT_GT(times.mean_ready_batches(), 0);
  EXPECT_EQ(times.workers.ns(WorkerState::kIdle), 300);
  EXPECT_EQ(times.workers.ns(WorkerState::kBusy), 32 * kReadNs);  // the last four batches
}

TEST(LoaderTimes, TraceHasALaneForEachWorkerAndTheDepth) {
  const SlowDataset dataset(kImages);
  TraceLog trace;
  LoaderOptions options = options_with(dataset, 2);
  options.trace = &trace;
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  drain(loader, memory, 0);
  loader.end_epoch();
  ASSERT_EQ(trace.lanes().size(), 3U);
  std::int64_t busy_ns = 0;
  for (std::size_t worker = 0; worker < 2; ++worker) {
    const TraceLane& lane = trace.lanes()[worker];
    EXPECT_EQ(lane.name, worker == 0 ? "loader worker 1" : "loader worker 2");
    for (const TraceEvent& event : lane.events) {
      if (event.name == std::string("fill")) busy_ns += event.end_ns - event.begin_ns;
    }
  }
  EXPECT_GE(busy_ns, kImages * kReadNs);  // more where both read at a time: the clock is one
  EXPECT_EQ(trace.lanes()[2].name, "batches ready");
  EXPECT_GE(trace.lanes()[2].samples.size(), 14U);  // at every request and delivery
}

}  // namespace
}  // namespace kindling::test
