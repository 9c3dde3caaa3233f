#include "engine/norm_probe.h"

#include <gtest/gtest.h>

#include "tests/engine/training_fixture.h"

namespace kindling::test {
namespace {

using Context = TrainingContext;

TEST(StageOf, FollowsTheNamesOfParameters) {
  EXPECT_EQ(stage_of("conv1.weight"), "stem");
  EXPECT_EQ(stage_of("bn1.bias"), "stem");
  EXPECT_EQ(stage_of("layer1.0.conv1.weight"), "stage1");
  EXPECT_EQ(stage_of("layer4.1.bn2.weight"), "stage4");
  EXPECT_EQ(stage_of("linear.bias"), "classifier");
}

double norm(const std::vector<StageNorms>& stages, double StageNorms::*member) {
  double squares = 0;
  for (const StageNorms& stage : stages) squares += stage.*member * stage.*member;
  return std::sqrt(squares);
}

// The stages' norms together are those of the whole arenas, whose gaps are zero: no parameter is left out or counted
// twice. Activations are those of the forward pass, which the backward pass left alone.
TEST(MeasureNorms, CoversAllParametersAndTheStepsActivations) {
  if (!why_no_training().empty()) GTEST_SKIP() << why_no_training();
  SmallTraining<Context> training;
  constexpr std::int64_t kImages = 4;
  training.train.start_epoch(0, 0);
  const Batch batch = *training.train.next();
  training.train_step.run(training.slots.slot(batch.slot), kImages, 0.01, 1);

  const std::vector<StageNorms> stages = measure_norms(training.context, training.network, kImages);
  ASSERT_EQ(static_cast<std::int64_t>(stages.size()), kNormStages);
  using Parameter = Context::param_t;
  const auto whole = [&](View<Context::space, Parameter> arena) {
    return std::sqrt(sum_of_squares(to_host<Context, Parameter>(training.context, ConstParams<Context>(arena))));
  };
  const auto& store = training.network.parameters();
  EXPECT_NEAR(norm(stages, &StageNorms::weight_norm), whole(store.values()), 1e-12 * whole(store.values()));
  EXPECT_NEAR(norm(stages, &StageNorms::gradient_norm), whole(store.gradients()), 1e-12 * whole(store.gradients()));
  for (const StageNorms& stage : stages) {
    EXPECT_GT(stage.activation_rms, 0) << stage.stage;
    EXPECT_GT(stage.gradient_norm, 0) << stage.stage;
  }

  // With a learning rate of 0 the same batch gives the same activations again: now from a forward pass alone.
  training.train_step.run(training.slots.slot(batch.slot), kImages, 0, 2);
  const std::vector<StageNorms> after_step = measure_norms(training.context, training.network, kImages);
  if constexpr (HostContext<Context>) {
    training.network.forward(training.context,
                             {training.slots.slot(batch.slot).pixels.data(), kImages * kImageElements}, kImages,
                             Mode::kTraining);
    const std::vector<StageNorms> after_forward = measure_norms(training.context, training.network, kImages);
    for (std::size_t i = 0; i < after_step.size(); ++i) {
      EXPECT_EQ(after_step[i].activation_rms, after_forward[i].activation_rms) << after_step[i].stage;
    }
  }
}

}  // namespace
}  // namespace kindling::test
