#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "engine/network.h"
#include "engine/optim/optimizer.h"
#include "kernels/softmax_cross_entropy.h"
#include "kernels/step.h"

namespace kindling {

// The part of a step that training and evaluation share: a batch goes in, its metrics come out. The ops are recorded
// once for each number of images (a full and a last batch) and replayed; what changes lies in memory.
template <class C>
class BatchStep {
 public:
  BatchStep(C& context, Network<C>& network)
      : pixels_(context, HostContext<C> ? 0 : network.max_images() * kImageElements, "batch pixels"),
        labels_(context, network.max_images(), "labels"),
        metrics_(context, 1, "batch metrics") {}

  // `work(images)` must call ops only.
  template <class Work>
  BatchMetrics run(C& context, const BatchSlot& slot, std::int64_t images, Work work) {
    if constexpr (HostContext<C>) {
      slot_ = slot;
    } else {
      from_host<C, float>(context, pixels_.view().subview(0, images * kImageElements),
                          slot.pixels.first(static_cast<std::size_t>(images * kImageElements)));
    }
    from_host<C, std::int32_t>(context, labels_.view().subview(0, images),
                               slot.labels.first(static_cast<std::size_t>(images)));
    auto step = steps_.find(images);
    if (step == steps_.end()) {
      step = steps_.emplace(images, record_step(context, [work, images] { work(images); })).first;
    }
    step->second.replay();
    BatchMetrics metrics;
    copy_to_host(context, &metrics, metrics_.view().data(), sizeof(metrics));
    return metrics;
  }

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

 private:
  using Step = decltype(record_step(std::declval<C&>(), std::function<void()>()));

  BatchSlot slot_;           // of a host context
  Buffer<C, float> pixels_;  // of a device
  Buffer<C, std::int32_t> labels_;
  Buffer<C, BatchMetrics> metrics_;
  std::map<std::int64_t, Step> steps_;
};

// One training step: forward, loss, backward, optimizer.
template <class C>
class TrainStep {
 public:
  // All three outlive the step; it may not move once run, since the recorded work refers to it.
  TrainStep(C& context, Network<C>& network, Optimizer<C>& optimizer, double label_smoothing)
      : context_(context),
        network_(network),
        optimizer_(optimizer),
        label_smoothing_(label_smoothing),
        batch_(context, network) {}
  TrainStep(const TrainStep&) = delete;
  TrainStep& operator=(const TrainStep&) = delete;

  // The metrics are those of the parameters before the step. `step` counts from 1.
  BatchMetrics run(const BatchSlot& slot, std::int64_t images, double lr, std::int64_t step) {
    optimizer_.set_scalars(context_, lr, step);
    return batch_.run(context_, slot, images, [this](std::int64_t n) {
      compute_gradients(n);
      optimizer_.step(context_, network_.parameters().values(), network_.parameters().gradients());
      network_.parameters().parameters_changed(context_);
    });
  }

 private:
  void compute_gradients(std::int64_t images) {
    network_.forward(context_, batch_.pixels(images), images, Mode::kTraining);
    const Params<C> logits = network_.logits(images);
    softmax_cross_entropy(context_, SoftmaxCrossEntropy<C>{.logits = logits,
                                                           .labels = batch_.labels(images),
                                                           .classes = kClasses,
                                                           .label_smoothing = label_smoothing_,
                                                           .dlogits = logits,
                                                           .metrics = batch_.metrics()});
    network_.backward(context_, logits, images);
  }

  C& context_;
  Network<C>& network_;
  Optimizer<C>& optimizer_;
  double label_smoothing_;
  BatchStep<C> batch_;
};

// One evaluation step: forward with the running statistics, loss without smoothing.
template <class C>
class EvalStep {
 public:
  EvalStep(C& context, Network<C>& network) : context_(context), network_(network), batch_(context, network) {}
  EvalStep(const EvalStep&) = delete;
  EvalStep& operator=(const EvalStep&) = delete;

  BatchMetrics run(const BatchSlot& slot, std::int64_t images) {
    return batch_.run(context_, slot, images, [this](std::int64_t n) {
      network_.forward(context_, batch_.pixels(n), n, Mode::kInference);
      softmax_cross_entropy(context_, SoftmaxCrossEntropy<C>{.logits = network_.logits(n),
                                                             .labels = batch_.labels(n),
                                                             .classes = kClasses,
                                                             .label_smoothing = 0,
                                                             .dlogits = {},
                                                             .metrics = batch_.metrics()});
    });
  }

 private:
  C& context_;
  Network<C>& network_;
  BatchStep<C> batch_;
};

}  // namespace kindling
