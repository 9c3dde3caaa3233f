#include "engine/snapshot.h"

#include <gmock/gmock.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/io/checkpoint_folder.h"
#include "engine/weights_file.h"
#include "tests/engine/training_fixture.h"

namespace kindling {
namespace {

namespace fs = std::filesystem;
using Context = test::TrainingContext;
using Training = test::SmallTraining<Context>;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SnapshotTest : public testing::TestWithParam<OptimizerKind> {
 protected:
  void SetUp() override {
    const std::string reason = test::why_no_training();
    if (!reason.empty()) GTEST_SKIP() << reason;
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    folder_ = fs::path(testing::TempDir()) / ("kindling_" + name + "_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Hyperparameters hyperparameters() {
    return resolve_hyperparameters(GetParam(), Recipe::kAssignment, {.lr = 0.01});
  }

  void save(Training& training, const fs::path& path) {
    Snapshot<Context> snapshot(training.context, training.network, training.optimizer);
    snapshot.take(training.state, "options");
    write_checkpoint(path, snapshot.contents(), calls_);
  }

  fs::path folder_;
  FileSystemCalls calls_;
};

// Stops after every third possible number of questions, saves, restores into fresh objects and goes on.
TEST_P(SnapshotTest, ResumedRunHasTheBitsOfOneThatWasNeverStopped) {
  Training whole(hyperparameters());
  whole.run(2);
  for (int stop = 1; stop <= whole.observer.questions; stop += 3) {
    Training before(hyperparameters());
    before.observer.stop_after = stop;
    before.run(2);
    const fs::path path = folder_ / "checkpoint";
    save(before, path);

    Training after(hyperparameters());
    after.state = Snapshot<Context>::restore(after.context, Checkpoint::read(path), after.network, after.optimizer);
    after.run(2);
    EXPECT_EQ(after.parameters(), whole.parameters()) << "stopped at question " << stop;
    EXPECT_EQ(after.network.parameters().batches_tracked(), 6);
    ASSERT_FALSE(after.observer.epochs.empty());
    EXPECT_EQ(after.observer.epochs.back().train, whole.observer.epochs.back().train);
    EXPECT_EQ(after.observer.epochs.back().test, whole.observer.epochs.back().test);
    EXPECT_EQ(before.observer.batches.size() + after.observer.batches.size(), 6U);
  }
}

TEST_P(SnapshotTest, AnotherNetworkIsRefusedWithEveryTensorNamed) {
  Training training(hyperparameters());
  const fs::path path = folder_ / "checkpoint";
  save(training, path);
  Training without_norm(hyperparameters(), NormKind::kNone);
  try {
    Snapshot<Context>::restore(without_norm.context, Checkpoint::read(path), without_norm.network,
                               without_norm.optimizer);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kWeights);
    EXPECT_THAT(error.what(), testing::HasSubstr("bn1.weight"));
    EXPECT_THAT(error.what(), testing::HasSubstr("layer4.1.bn2.num_batches_tracked"));
  }
}

// What another thread writes is the run as it was copied, whatever training does meanwhile; and the memory serves
// again.
TEST_P(SnapshotTest, HoldsTheRunAsItWasWhileTrainingGoesOn) {
  Training training(hyperparameters());
  Snapshot<Context> snapshot(training.context, training.network, training.optimizer);
  for (int epochs = 1; epochs <= 2; ++epochs) {
    training.run(epochs);
    const fs::path at_once = folder_ / "at_once";
    save(training, at_once);
    snapshot.take(training.state, "options");
    training.run(epochs + 1);
    const fs::path later = folder_ / "later";
    write_checkpoint(later, snapshot.contents(), calls_);
    EXPECT_EQ(bytes_of(later), bytes_of(at_once));
    write_checkpoint(later, snapshot.contents(), calls_);  // asked for again, it is in order already
    EXPECT_EQ(bytes_of(later), bytes_of(at_once));
  }
}

INSTANTIATE_TEST_SUITE_P(EachOptimizer, SnapshotTest,
                         testing::Values(OptimizerKind::kSgd, OptimizerKind::kNesterov, OptimizerKind::kAdagrad,
                                         OptimizerKind::kAdadelta, OptimizerKind::kAdam),
                         [](const auto& optimizer) { return std::string(name_of(optimizer.param)); });

TEST(WeightsFile, ComesBackWithEveryBit) {
  const std::string reason = test::why_no_training();
  if (!reason.empty()) GTEST_SKIP() << reason;
  FileSystemCalls calls;
  const fs::path path = fs::path(testing::TempDir()) / ("kindling_weights_" + std::to_string(getpid()));
  Training trained;
  trained.run(1);
  Snapshot<Context> snapshot(trained.context, trained.network, trained.optimizer);
  snapshot.take(trained.state, "");
  save_weights(path, snapshot.contents().sections.front().tensors, calls);
  Training fresh;
  load_weights(fresh.context, fresh.network.parameters(), path);
  fs::remove(path);
  EXPECT_EQ(fresh.parameters(), trained.parameters());
  EXPECT_EQ(fresh.network.parameters().batches_tracked(), 3);
  EXPECT_EQ(evaluate(fresh.eval_step, fresh.test_feed(), fresh.observer), trained.observer.epochs[0].test);
}

}  // namespace
}  // namespace kindling
