#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/summary.h"
#include "engine/trainer.h"
#include "kernels/core/error.h"

namespace kindling {

struct ModelOptions {
  NetworkOptions network;
  std::int64_t batch_size = 128;
  std::uint64_t seed = 0;
  Hyperparameters hyperparameters =
      resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, HyperparameterFlags{});
};

// A network in training on one context, from the weights of a seed.
template <class C>
class Model {
 public:
  Model(C& context, const ModelOptions& options)
      : context_(context),
        network_(context, options.network, options.batch_size),
        optimizer_(context, options.hyperparameters, network_.parameters().layout().parameter_arena_size()),
        train_step_(context, network_, optimizer_, /*label_smoothing=*/0),
        eval_step_(context, network_) {
    network_.parameters().initialize(context, options.seed);
  }

  struct TrainingOptions {
    std::int64_t epochs = 1;
    bool sync_timing = false;  // as TrainerOptions'
  };

  // Trains from `state` to the end of the feed's last epoch, at a constant learning rate, without evaluation.
  template <class Source>
  void train(TrainingState state, const BatchFeed<C, Source>& feed, const TrainingOptions& options,
             TrainingObserver& observer) {
    const double lr = optimizer_.hyperparameters().lr;
    Trainer<C, Source> trainer(train_step_, eval_step_, network_.parameters(),
                               {.epochs = options.epochs,
                                .learning_rate = [lr](std::int64_t /*step*/) { return lr; },
                                .sync_timing = options.sync_timing},
                               observer);
    trainer.run(state, feed, std::optional<BatchFeed<C, Source>>());
  }

  // Parameters, running statistics and momentum become those of a model of the same options on another context.
  template <class Other>
  void take_state_of(const Model<Other>& other) {
    const auto from = other.state();
    const auto to = state();
    require(from.size() == to.size(), "two models have different optimizers");
    for (std::size_t i = 0; i < from.size(); ++i) {
      from_host<C, float>(context_, to[i], to_host<Other, float>(other.context(), from[i]));
    }
    network_.parameters().parameters_changed(context_);
  }

  std::vector<float> parameters() const {
    return to_host<C, float>(context_, ConstParams<C>(network_.parameters().values()));
  }

  double flops_per_image() const {
    return training_flops_per_image(summarize(network_.layers(), network_.parameters().layout()));
  }

  C& context() const { return context_; }
  std::vector<View<typename C::space, float>> state() const {
    std::vector<View<typename C::space, float>> all{network_.parameters().values(), network_.parameters().statistics()};
    for (const Moment<C>& moment : optimizer_.moments()) all.push_back(moment.values);
    return all;
  }

 private:
  C& context_;
  Network<C> network_;
  Optimizer<C> optimizer_;
  TrainStep<C> train_step_;
  EvalStep<C> eval_step_;
};

}  // namespace kindling
