#pragma once

#include <cstdint>

#include "engine/batch_pipeline.h"
#include "engine/network.h"
#include "engine/optim/optimizer.h"

namespace kindling {

// Training steps: forward, loss, backward, optimizer.
template <class C>
class TrainStep {
 public:
  // All outlive the steps. `account`: as BatchPipeline's.
  TrainStep(C& context, Network<C>& network, Optimizer<C>& optimizer, double label_smoothing,
            PhaseAccount* account = nullptr)
      : context_(context),
        network_(network),
        optimizer_(optimizer),
        label_smoothing_(label_smoothing),
        pipeline_(
            context, network.max_images(), [this](BatchLane<C>& lane, std::int64_t images) { compute(lane, images); },
            account) {}

  const BatchPipeline<C>& pipeline() const { return pipeline_; }

  // Begins a step (BatchPipeline::submit). `step` counts from 1.
  void submit(const BatchSlot& slot, std::int64_t images, double lr, std::int64_t step) {
    pipeline_.submit(slot, images, [&] { optimizer_.set_scalars(context_, lr, step); });
  }
  // The oldest step's result: its metrics are those of the parameters before it.
  StepResult collect() { return pipeline_.collect(); }

  // A whole step; none may be under way.
  BatchMetrics run(const BatchSlot& slot, std::int64_t images, double lr, std::int64_t step) {
    submit(slot, images, lr, step);
    return collect().metrics;
  }

 private:
  void compute(BatchLane<C>& lane, std::int64_t images) {
    lane.enter(Phase::kForward);
    network_.forward(context_, lane.pixels(images), images, Mode::kTraining);
    const Params<C> logits = network_.logits(images);
    softmax_cross_entropy(context_, SoftmaxCrossEntropy<C>{.logits = logits,
                                                           .labels = lane.labels(images),
                                                           .classes = kClasses,
                                                           .label_smoothing = label_smoothing_,
                                                           .dlogits = logits,
                                                           .metrics = lane.metrics()});
    lane.enter(Phase::kBackward);
    network_.backward(context_, logits, images);
    lane.enter(Phase::kOptimizer);
    optimizer_.step(context_, network_.parameters().values(), network_.parameters().gradients());
    network_.parameters().parameters_changed(context_);
  }

  C& context_;
  Network<C>& network_;
  Optimizer<C>& optimizer_;
  double label_smoothing_;
  BatchPipeline<C> pipeline_;
};

// Evaluation steps: forward with the running statistics, loss without smoothing.
template <class C>
class EvalStep {
 public:
  // All outlive the steps. `account`: as BatchPipeline's.
  EvalStep(C& context, Network<C>& network, PhaseAccount* account = nullptr)
      : context_(context),
        network_(network),
        pipeline_(
            context, network.max_images(), [this](BatchLane<C>& lane, std::int64_t images) { compute(lane, images); },
            account) {}

  const BatchPipeline<C>& pipeline() const { return pipeline_; }

  // As of TrainStep.
  void submit(const BatchSlot& slot, std::int64_t images) { pipeline_.submit(slot, images); }
  StepResult collect() { return pipeline_.collect(); }
  BatchMetrics run(const BatchSlot& slot, std::int64_t images) {
    submit(slot, images);
    return collect().metrics;
  }

 private:
  void compute(BatchLane<C>& lane, std::int64_t images) {
    lane.enter(Phase::kForward);
    network_.forward(context_, lane.pixels(images), images, Mode::kInference);
    softmax_cross_entropy(context_, SoftmaxCrossEntropy<C>{.logits = network_.logits(images),
                                                           .labels = lane.labels(images),
                                                           .classes = kClasses,
                                                           .label_smoothing = 0,
                                                           .dlogits = {},
                                                           .metrics = lane.metrics()});
  }

  C& context_;
  Network<C>& network_;
  BatchPipeline<C> pipeline_;
};

}  // namespace kindling
