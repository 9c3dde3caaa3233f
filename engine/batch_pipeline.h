#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "engine/buffer.h"
#include "kernels/core/batch.h"
#include "kernels/core/error.h"
#include "kernels/core/time_account.h"
#include "kernels/lane.h"
#include "kernels/softmax_cross_entropy.h"
#include "kernels/step.h"

namespace kindling {

// How many steps of a context may be under way at a time. On a device one computes, one is ready to follow it, and the
// input of one is on its way.
template <class C>
inline constexpr std::int64_t kStepsInFlight = HostContext<C> ? 1 : 3;

// What a step gave.
struct StepResult {
  BatchMetrics metrics;
  double compute_ms = 0;  // first op to last, by the device's clock
  DeviceTimes device = {};
};

// The memory and the recordings of one of the steps under way. Its input and its metrics have a fixed place in the
// context's memory, so that the step's ops can be recorded once for each number of images (a full and a last batch)
// and replayed.
template <class C>
class BatchLane {
 public:
  // `account`: of the thread that calls, told the phases of a step on the host; may be null.
  BatchLane(C& context, std::int64_t max_images, PhaseAccount* account)
      : account_(account),
        pixels_(context, HostContext<C> ? 0 : max_images * kImageElements, "batch pixels"),
        labels_(context, max_images, "labels"),
        metrics_(context, 1, "batch metrics"),
        host_metrics_(allocate_staging(context, sizeof(BatchMetrics), "batch metrics on the host")),
        lane_(make_lane(context)) {}
  BatchLane(const BatchLane&) = delete;
  BatchLane& operator=(const BatchLane&) = delete;

  // For the recorded work. The host reads pixels where the loader left them, a device a copy that never moves.
  View<typename C::space, const float> pixels(std::int64_t images) const {
    if constexpr (HostContext<C>) {
      return {slot_.pixels.data(), images * kImageElements};
    } else {
      return pixels_.view().subview(0, images * kImageElements);
    }
  }
  View<typename C::space, const std::int32_t> labels(std::int64_t images) const {
    return labels_.view().subview(0, images);
  }
  View<typename C::space, BatchMetrics> metrics() const { return metrics_.view(); }

  // Called by the recorded work where a phase begins.
  void enter(Phase phase) {
    if constexpr (HostContext<C>) {
      if (account_ != nullptr) account_->enter(phase);
    } else {
      lane_.mark(phase);
    }
  }

  // `work` must call ops only, the same for the same number of images.
  template <class Work>
  void submit(C& context, const BatchSlot& slot, std::int64_t images, const Work& work) {
    slot_ = slot;
    if constexpr (HostContext<C>) {
      enter(Phase::kCopy);
    } else {
      lane_.upload(pixels_.view().data(), slot.pixels.data(),
                   static_cast<std::size_t>(images * kImageElements) * sizeof(float));
    }
    lane_.upload(labels_.view().data(), slot.labels.data(), static_cast<std::size_t>(images) * sizeof(std::int32_t));
    auto step = steps_.find(images);
    if (step == steps_.end()) {
      step = steps_.emplace(images, record_step(context, [this, &work, images] { work(*this, images); })).first;
    }
    lane_.begin();
    step->second.replay();
    if constexpr (HostContext<C>) enter(Phase::kMetrics);
    lane_.download(host_metrics_.get(), metrics_.view().data(), sizeof(BatchMetrics));
    lane_.end();
  }

  StepResult collect() {
    lane_.wait();
    StepResult result;
    std::memcpy(&result.metrics, host_metrics_.get(), sizeof(BatchMetrics));
    result.compute_ms = lane_.milliseconds();
    result.device = lane_.device_times();
    return result;
  }

 private:
  using HostMemoryOfContext = decltype(allocate_staging(std::declval<C&>(), std::size_t{}, ""));
  using Lane = decltype(make_lane(std::declval<C&>()));
  using Step = decltype(record_step(std::declval<C&>(), std::function<void()>()));

  PhaseAccount* account_;
  BatchSlot slot_;
  Buffer<C, float> pixels_;  // of a device
  Buffer<C, std::int32_t> labels_;
  Buffer<C, BatchMetrics> metrics_;
  HostMemoryOfContext host_metrics_;
  std::map<std::int64_t, Step> steps_;
  Lane lane_;  // last: it is destroyed first, and waits for what uses the others
};

// The part of a step that training and evaluation share: batches go in, their metrics come out in the same order, and
// up to kStepsInFlight are between. Steps run one after the other, so what they compute doesn't depend on how many are
// submitted before one is collected.
template <class C>
class BatchPipeline {
 public:
  // What a step computes: reads the lane's pixels and labels, writes its metrics.
  using Work = std::function<void(BatchLane<C>& lane, std::int64_t images)>;

  // `account`, where there is one, is told what the calling thread does: launching and waiting, and on the host the
  // phases of the steps.
  BatchPipeline(C& context, std::int64_t max_images, Work work, PhaseAccount* account)
      : context_(context), work_(std::move(work)), account_(account) {
    for (std::int64_t i = 0; i < kStepsInFlight<C>; ++i) lanes_.emplace_back(context, max_images, account);
  }
  BatchPipeline(const BatchPipeline&) = delete;
  BatchPipeline& operator=(const BatchPipeline&) = delete;

  std::size_t in_flight() const { return in_flight_; }
  bool is_full() const { return in_flight_ == lanes_.size(); }

  // The slot must stay as it is until the step is collected. `before` is done first, outside of what is recorded. Not
  // when full.
  template <class Before>
  void submit(const BatchSlot& slot, std::int64_t images, const Before& before) {
    require(!is_full(), "a step was submitted to a full pipeline");
    const auto scope = optional_phase(account_, Phase::kLaunch);
    before();
    lanes_[(oldest_ + in_flight_) % lanes_.size()].submit(context_, slot, images, work_);
    ++in_flight_;
  }
  void submit(const BatchSlot& slot, std::int64_t images) {
    submit(slot, images, [] {});
  }

  // Waits for the oldest step under way. Not when there is none.
  StepResult collect() {
    require(in_flight_ > 0, "no step is under way");
    const auto scope = optional_phase(account_, Phase::kWait);
    const StepResult result = lanes_[oldest_].collect();
    oldest_ = (oldest_ + 1) % lanes_.size();
    --in_flight_;
    return result;
  }

 private:
  C& context_;
  Work work_;
  PhaseAccount* account_;
  std::deque<BatchLane<C>> lanes_;  // a deque, because lanes don't move
  std::size_t oldest_ = 0;
  std::size_t in_flight_ = 0;
};

}  // namespace kindling
