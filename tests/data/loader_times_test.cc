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

// Lets time pass by a nanosecond until all workers spend it in `state`; the times until then.
LoaderTimes wait_for(WorkerState state, std::int64_t workers, Loader& loader, const SlowDataset& dataset) {
  LoaderTimes total;
  for (int poll = 0; poll < 20'000; ++poll) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    total += loader.take_times();
    dataset.pass(1);
    const LoaderTimes passed = loader.take_times();
    total += passed;
    if (passed.workers.ns(state) == workers && passed.workers.total_ns() == workers) return total;
  }
  ADD_FAILURE() << "the workers never all came to be '" << name_of(state) << "'";
  return total;
}

TEST(LoaderTimes, AWorkerIsBlockedByAFullRingAndIdleAtTheEnd) {
  const SlowDataset dataset(kImages);
  const LoaderOptions options = options_with(dataset, 1);
  const SlotMemory memory(options);  // 3 slots
  Loader loader(dataset, options, memory.slots());
  loader.start_epoch(0);
  LoaderTimes times = wait_for(WorkerState::kBlocked, 1, loader, dataset);
  EXPECT_EQ(times.workers.ns(WorkerState::kBusy) / kReadNs, 24);  // three batches lie in the ring
  dataset.pass(7000);
  EXPECT_EQ(loader.take_times().workers.ns(WorkerState::kBlocked), 7000);

  std::int64_t batches = 0;
  while (const std::optional<Batch> batch = loader.next()) {
    loader.release(*batch);
    ++batches;
  }
  times = wait_for(WorkerState::kIdle, 1, loader, dataset);
  EXPECT_EQ(batches, 7);
  EXPECT_EQ(times.requests, 7);
  EXPECT_GT(times.mean_ready_batches(), 0);
  EXPECT_EQ(times.workers.ns(WorkerState::kBusy) / kReadNs, 32);  // the last four batches
  dataset.pass(300);                                              // nothing is left to read
  EXPECT_EQ(loader.take_times().workers.ns(WorkerState::kIdle), 300);
}

// One image a batch: of four workers that wait for a slot at most one gets something to do when the trainer gives one
// back, and the others must notice that nothing is left for them.
TEST(LoaderTimes, WorkersThatWaitAreIdleOnceNothingIsLeft) {
  const SlowDataset dataset(kImages);
  LoaderOptions options = options_with(dataset, 4);
  options.batch_size = 1;
  options.limit_batches = 7;
  const SlotMemory memory(options);  // 3 slots
  Loader loader(dataset, options, memory.slots());
  loader.start_epoch(0);
  wait_for(WorkerState::kBlocked, 4, loader, dataset);
  for (int taken = 0; taken < 4; ++taken) {
    const std::optional<Batch> batch = loader.next();
    ASSERT_TRUE(batch.has_value());
    loader.release(*batch);
    if (taken < 3) wait_for(WorkerState::kBlocked, 4, loader, dataset);
  }
  wait_for(WorkerState::kIdle, 4, loader, dataset);  // three batches lie in the ring, and are the last
}

TEST(LoaderTimes, RestartingForgetsWhatWas) {
  const SlowDataset dataset(kImages);
  TraceLog trace;
  LoaderOptions options = options_with(dataset, 0);
  options.trace = &trace;
  const SlotMemory memory(options);
  Loader loader(dataset, options, memory.slots());
  drain(loader, memory, 0);
  loader.restart_times();
  EXPECT_EQ(loader.take_times().workers.total_ns(), 0);
  for (const TraceLane& lane : trace.lanes()) EXPECT_TRUE(lane.events.empty() && lane.samples.empty()) << lane.name;
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
