#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/trainer.h"
#ifdef KINDLING_TEST_CUDA
#include "kernels/cuda/cuda_context.h"
#else
#include "kernels/reference/reference_context.h"
#endif
#include "tests/support/batch_list_source.h"

namespace kindling::test {

// What the engine's tests train on: the engine is the same on every context.
#ifdef KINDLING_TEST_CUDA
using TrainingContext = CudaContext<float>;
inline std::string why_no_training() {
  return why_no_cuda();
}
#else
using TrainingContext = ReferenceContext<float>;
inline std::string why_no_training() {
  return {};
}
#endif

// Keeps everything that it is told, and the parameters after step `wanted_step` if that is not 0; asks to stop after
// `stop_after` questions, in an evaluation or not, if that is not 0.
class RecordingObserver : public TrainingObserver {
 public:
  void batch_finished(const BatchReport& report, const TrainingState& state) override {
    batches.push_back(report);
    if (state.step == wanted_step) look();
  }
  void epoch_finished(const EpochReport& report, const TrainingState& /*state*/) override { epochs.push_back(report); }
  void evaluation_progressed(std::int64_t /*done*/, std::int64_t /*batches*/) override { ++evaluated; }
  bool wants_state_after(std::int64_t step) override { return step == wanted_step; }
  bool stop_requested() override { return ++questions == stop_after; }
  bool evaluation_stop_requested() override { return stop_requested(); }

  std::vector<BatchReport> batches;
  std::vector<EpochReport> epochs;
  int evaluated = 0;
  int questions = 0;
  int stop_after = 0;
  std::int64_t wanted_step = 0;
  std::function<void()> look;
};

// A narrow network in training on 2 1/2 batches of 4 made-up images an epoch (2 in the last), evaluated on 6.
template <class C>
struct SmallTraining {
  static constexpr std::int64_t kBatchSize = 4;
  static constexpr std::int64_t kTrainImages = 10;
  static constexpr std::int64_t kTestImages = 6;

  explicit SmallTraining(const Hyperparameters& hyperparameters = sgd(0.01), NormKind norm = NormKind::kBatch)
      : network(context, {.width = 2, .norm = norm}, kBatchSize),
        optimizer(context, hyperparameters, network.parameters().layout().parameter_arena_size()),
        slots(context, kStepsInFlight<C>, kBatchSize),
        train(kTrainImages, kBatchSize, slots.slots(), 1),
        test(kTestImages, kBatchSize, slots.slots(), 2),
        train_step(context, network, optimizer, 0),
        eval_step(context, network) {
    network.parameters().initialize(context, 1);
  }

  static Hyperparameters sgd(double lr) {
    return resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, {.lr = lr});
  }

  TrainingEnd run(std::int64_t epochs, bool evaluate = true, bool sync_timing = false) {
    const double lr = optimizer.hyperparameters().lr;
    Trainer<C, BatchListSource> trainer(
        train_step, eval_step, network.parameters(),
        {.epochs = epochs, .learning_rate = [lr](std::int64_t /*step*/) { return lr; }, .sync_timing = sync_timing},
        observer);
    return trainer.run(state, {train, slots}, evaluate ? std::optional(test_feed()) : std::nullopt);
  }

  BatchFeed<C, BatchListSource> test_feed() { return {test, slots}; }

  std::vector<typename C::param_t> parameters() {
    return to_host<C, typename C::param_t>(context, ConstParams<C>(network.parameters().values()));
  }

  C context;
  Network<C> network;
  Optimizer<C> optimizer;
  SlotPool<C> slots;
  BatchListSource train;
  BatchListSource test;
  TrainStep<C> train_step;
  EvalStep<C> eval_step;
  RecordingObserver observer;
  TrainingState state;
};

}  // namespace kindling::test
