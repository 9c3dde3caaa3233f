#include "engine/trainer.h"

#include <gmock/gmock.h>

#include <limits>

#include "engine/warm_up.h"
#include "tests/engine/training_fixture.h"

namespace kindling {
namespace {

using Context = test::TrainingContext;
using Training = test::SmallTraining<Context>;

class TrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::why_no_training();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

TEST_F(TrainerTest, ReportsEveryBatchAndEpochOnce) {
  Training training;
  EXPECT_EQ(training.run(2), TrainingEnd::kFinished);
  ASSERT_EQ(training.observer.batches.size(), 6U);
  ASSERT_EQ(training.observer.epochs.size(), 2U);
  EXPECT_EQ(training.observer.batches[4].epoch, 1);
  EXPECT_EQ(training.observer.batches[4].batch, 1);
  EXPECT_EQ(training.observer.batches[4].batches, 3);
  EXPECT_EQ(training.observer.batches[5].metrics.images, 2);
  EXPECT_THAT(training.train.released(), testing::ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_EQ(training.state.step, 6);
  EXPECT_EQ(training.network.parameters().batches_tracked(), 6);
}

// The last batch holds half as many images as the others and must count half as much.
TEST_F(TrainerTest, RunningValuesWeighEachImageOnce) {
  Training training;
  training.run(1);
  const std::vector<BatchReport>& batches = training.observer.batches;
  const double loss_sum =
      4 * batches[0].metrics.mean_loss() + 4 * batches[1].metrics.mean_loss() + 2 * batches[2].metrics.mean_loss();
  EXPECT_DOUBLE_EQ(batches[2].running.loss(), loss_sum / 10);
  EXPECT_EQ(training.observer.epochs[0].train, batches[2].running);
  EXPECT_EQ(batches[1].running.images(), 8);
}

TEST_F(TrainerTest, EvaluatesAllTestImagesWithoutTouchingTheNetwork) {
  Training training;
  training.run(1);
  ASSERT_TRUE(training.observer.epochs[0].test.has_value());
  EXPECT_EQ(training.observer.epochs[0].test->images(), Training::kTestImages);
  const std::vector<float> before = training.parameters();
  const std::vector<float> statistics =
      to_host<Context, float>(training.context, ConstParams<Context>(training.network.parameters().statistics()));
  EXPECT_EQ(evaluate(training.eval_step, training.test_feed(), training.observer), training.observer.epochs[0].test);
  EXPECT_EQ(training.parameters(), before);
  EXPECT_EQ(
      (to_host<Context, float>(training.context, ConstParams<Context>(training.network.parameters().statistics()))),
      statistics);
}

TEST_F(TrainerTest, WithoutEvaluationThereIsNoTestResult) {
  Training training;
  training.run(1, /*evaluate=*/false);
  EXPECT_FALSE(training.observer.epochs[0].test.has_value());
  EXPECT_EQ(training.observer.evaluated, 0);
}

// Training on the same ten images again and again must learn them.
TEST_F(TrainerTest, LearnsWhatItSees) {
  Training training(Training::sgd(0.05));
  training.run(25, /*evaluate=*/false);
  EXPECT_LT(training.observer.epochs.back().train.loss(), 0.5 * training.observer.epochs.front().train.loss());
}

// Stopping at any question and going on from the state gives the bits of a run that was never stopped.
TEST_F(TrainerTest, StopsAnywhereAndGoesOnWithTheSameBits) {
  Training whole;
  whole.run(2);
  const int questions = whole.observer.questions;
  ASSERT_GT(questions, 6);
  for (int stop = 1; stop <= questions; ++stop) {
    Training stopped;
    stopped.observer.stop_after = stop;
    EXPECT_EQ(stopped.run(2), TrainingEnd::kStopped);
    EXPECT_EQ(stopped.run(2), TrainingEnd::kFinished);
    EXPECT_EQ(stopped.parameters(), whole.parameters()) << "stopped at question " << stop;
    ASSERT_EQ(stopped.observer.epochs.size(), 2U) << "stopped at question " << stop;
    EXPECT_EQ(stopped.observer.epochs[1].train, whole.observer.epochs[1].train);
    EXPECT_EQ(stopped.observer.epochs[1].test, whole.observer.epochs[1].test);
    EXPECT_EQ(stopped.observer.batches.size(), 6U);
  }
}

// Time or a signal that comes when everything is done: the run is finished, not stopped.
TEST_F(TrainerTest, ACompleteRunIsNotAskedWhetherToStop) {
  Training whole;
  whole.run(1);
  EXPECT_EQ(whole.observer.questions, 3 + 1);  // after each training batch and the first of two evaluation batches
  Training without_evaluation;
  without_evaluation.run(1, /*evaluate=*/false);
  EXPECT_EQ(without_evaluation.observer.questions, 2);  // after each batch but the last

  without_evaluation.run(2, /*evaluate=*/false);
  EXPECT_EQ(without_evaluation.observer.questions, 2 + 2);
  Training stopped;  // at the border between two epochs
  stopped.observer.stop_after = 3;
  EXPECT_EQ(stopped.run(2, /*evaluate=*/false), TrainingEnd::kStopped);
  EXPECT_EQ(stopped.state.epoch, 1);
  EXPECT_EQ(stopped.state.batch, 0);
}

// A device works ahead of the reports, but not past a step whose state is wanted.
TEST_F(TrainerTest, TheStateOfAWantedStepIsThatOfAShorterRun) {
  Training shorter;
  shorter.observer.stop_after = 2;
  shorter.run(1, /*evaluate=*/false, /*sync_timing=*/true);
  ASSERT_EQ(shorter.state.step, 2);
  Training training;
  std::vector<float> seen;
  training.observer.wanted_step = shorter.state.step;
  training.observer.look = [&] { seen = training.parameters(); };
  training.run(1, /*evaluate=*/false);
  EXPECT_EQ(seen, shorter.parameters());
  EXPECT_NE(seen, training.parameters());
}

TEST_F(TrainerTest, WaitingForEachStepChangesNoBits) {
  Training overlapped;
  overlapped.run(2);
  Training waiting;
  waiting.run(2, /*evaluate=*/true, /*sync_timing=*/true);
  EXPECT_EQ(waiting.parameters(), overlapped.parameters());
  EXPECT_EQ(waiting.observer.epochs[1].test, overlapped.observer.epochs[1].test);
}

TEST_F(TrainerTest, BatchesBeforeOneThatCannotBeReadAreReported) {
  Training training;
  training.train.failing_batch = 2;
  EXPECT_THROW(training.run(1), Error);
  EXPECT_EQ(training.observer.batches.size(), 2U);
  EXPECT_EQ(training.state.batch, 2);
  EXPECT_THAT(training.train.released(), testing::ElementsAre(0, 1));
}

// What a device makes at first use is made without leaving a trace.
TEST_F(TrainerTest, WarmUpLeavesParametersAlone) {
  Training training;
  const std::vector<float> before = training.parameters();
  warm_up(training.train_step, training.slots.slot(0), Training::kBatchSize);
  warm_up(training.eval_step, training.slots.slot(0), 2);
  EXPECT_EQ(training.parameters(), before);
  training.optimizer.reset(training.context);
  training.network.parameters().initialize(training.context, 1);
  training.run(1);
  Training cold;
  cold.run(1);
  EXPECT_EQ(training.parameters(), cold.parameters());
  EXPECT_EQ(training.observer.epochs[0].test, cold.observer.epochs[0].test);
}

TEST_F(TrainerTest, ALossThatIsNotFiniteNamesEpochAndBatch) {
  Training training;
  training.train.pixels()[5 * kImageElements] = std::numeric_limits<float>::quiet_NaN();  // in the second batch
  try {
    training.run(1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDiverged);
    EXPECT_THAT(error.what(), testing::HasSubstr("epoch 1, batch 2"));
    EXPECT_THAT(error.what(), testing::HasSubstr("running loss was"));
  }
  EXPECT_EQ(training.observer.batches.size(), 1U);
}

}  // namespace
}  // namespace kindling
