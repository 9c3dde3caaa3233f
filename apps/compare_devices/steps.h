#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "apps/compare_devices/model.h"
#include "apps/compare_devices/result.h"

namespace kindling {

// A batch in ordinary memory, to be given to several devices.
struct HostBatch {
  std::vector<float> pixels;         // [images, 32, 32, 3]
  std::vector<std::int32_t> labels;  // [images]

  std::int64_t images() const { return static_cast<std::int64_t>(labels.size()); }
};

// The first batches of the first epoch, fewer where it has fewer.
template <class C, BatchSource Source>
std::vector<HostBatch> first_batches(const BatchFeed<C, Source>& feed, std::int64_t count) {
  std::vector<HostBatch> batches;
  feed.source.start_epoch(0, 0);
  while (static_cast<std::int64_t>(batches.size()) < count) {
    const std::optional<Batch> batch = feed.source.next();
    if (!batch) break;
    const BatchSlot slot = feed.slots.slot(batch->slot);
    batches.push_back({{slot.pixels.begin(), slot.pixels.begin() + batch->images * kImageElements},
                       {slot.labels.begin(), slot.labels.begin() + batch->images}});
    feed.source.release(*batch);
  }
  return batches;
}

// A batch source (engine/batch_source.h) whose epoch is the one batch that lies in the one slot.
class OneBatch {
 public:
  explicit OneBatch(std::int64_t images) : images_(images) {}

  std::int64_t batches_per_epoch() const { return 1; }
  void start_epoch(std::int64_t /*epoch*/, std::int64_t first_batch) { is_left_ = first_batch == 0; }
  std::optional<Batch> next() {
    if (!is_left_) return std::nullopt;
    is_left_ = false;
    return Batch{.epoch = 0, .index = 0, .images = images_, .slot = 0};
  }
  void release(const Batch& /*batch*/) {}

 private:
  std::int64_t images_;
  bool is_left_ = false;
};

// The loss of the last batch.
class LossObserver : public TrainingObserver {
 public:
  void batch_finished(const BatchReport& report, const TrainingState& /*state*/) override {
    loss_ = report.metrics.mean_loss();
  }
  void epoch_finished(const EpochReport& /*report*/, const TrainingState& /*state*/) override {}
  void evaluation_progressed(std::int64_t /*batches_done*/, std::int64_t /*batches*/) override {}
  bool stop_requested() override { return false; }
  bool evaluation_stop_requested() override { return false; }

  double loss() const { return loss_; }

 private:
  double loss_ = 0;
};

// One training step after `steps_done` others; the loss before it.
template <class C>
double train_one_step(Model<C>& model, const SlotPool<C>& slots, const HostBatch& batch, std::int64_t steps_done) {
  const BatchSlot slot = slots.slot(0);
  std::copy(batch.pixels.begin(), batch.pixels.end(), slot.pixels.begin());
  std::copy(batch.labels.begin(), batch.labels.end(), slot.labels.begin());
  OneBatch source(batch.images());
  LossObserver observer;
  TrainingState state;
  state.step = steps_done;
  model.train(state, BatchFeed<C, OneBatch>{source, slots}, {}, observer);
  return observer.loss();
}

// Trains the CPU's model on the batches, one step each; the other gets the CPU's state before each step and takes the
// same step. (Left alone, two devices drift apart chaotically: docs/NUMERICS.md, "Precision and agreement".)
template <class Cpu, class Other>
std::vector<StepComparison> compare_steps(Model<Cpu>& cpu, Model<Other>& other, const std::vector<HostBatch>& batches) {
  std::int64_t largest = 0;
  for (const HostBatch& batch : batches) largest = std::max(largest, batch.images());
  const SlotPool<Cpu> cpu_slots(cpu.context(), 1, largest);
  const SlotPool<Other> other_slots(other.context(), 1, largest);
  std::vector<StepComparison> steps;
  for (const HostBatch& batch : batches) {
    const auto done = static_cast<std::int64_t>(steps.size());
    other.take_state_of(cpu);
    const std::vector<float> before = cpu.parameters();
    StepComparison step;
    step.cpu_loss = train_one_step(cpu, cpu_slots, batch, done);
    step.loss = train_one_step(other, other_slots, batch, done);
    const std::vector<float> after = cpu.parameters();
    step.update_difference = norm_of_difference(other.parameters(), after) / norm_of_difference(after, before);
    steps.push_back(step);
  }
  return steps;
}

}  // namespace kindling
