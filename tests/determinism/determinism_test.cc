// Same bits whatever the machine does: workers, prefetch and threads in every combination change neither a batch nor a
// loss nor a weight. KINDLING_DETERMINISM=all runs the whole matrix and some of it at full width; else a part.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "tests/determinism/traced_run.h"

namespace kindling {
namespace {

using test::describe;
using test::MachineChoice;
using test::RunChoice;
using test::traced_run;

bool wants_all() {
  const char* const wanted = std::getenv("KINDLING_DETERMINISM");
  return wanted != nullptr && std::string(wanted) == "all";
}

std::vector<MachineChoice> all_machines() {
  std::vector<MachineChoice> machines;
  for (const std::int64_t workers : {0, 1, 2, 4, 8, 16}) {
    for (const std::int64_t prefetch : {1, 2, 8}) {
      for (const int threads : {1, 2, 4}) machines.push_back({workers, prefetch, threads});
    }
  }
  return machines;
}

// Each number of workers, of prefetched batches and of threads at least once.
std::vector<MachineChoice> some_machines() {
  return {{0, 1, 2}, {1, 2, 4}, {2, 8, 1}, {4, 1, 4}, {8, 2, 2}, {16, 8, 4}};
}

void expect_one_trace(const RunChoice& run, const std::vector<MachineChoice>& machines) {
  const std::vector<std::string> wanted = traced_run(run, {.workers = 0, .prefetch = 1, .threads = 1});
  ASSERT_FALSE(wanted.empty());
  for (const MachineChoice& machine : machines) {
    const std::vector<std::string> found = traced_run(run, machine);
    ASSERT_EQ(found.size(), wanted.size()) << describe(run) << "; " << describe(machine);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(found[i], wanted[i]) << describe(run) << "; " << describe(machine) << "; after "
                                     << (i == 0 ? "nothing" : wanted[i - 1]);
    }
  }
}

class DeterminismTest : public testing::TestWithParam<std::tuple<OptimizerKind, NormKind>> {};

TEST_P(DeterminismTest, BitsDependOnTheSeedAlone) {
  const auto [optimizer, norm] = GetParam();
  const std::vector<MachineChoice> machines = wants_all() ? all_machines() : some_machines();
  for (std::uint64_t seed = 0; seed < (wants_all() ? 3 : 1); ++seed) {
    expect_one_trace({.optimizer = optimizer, .norm = norm, .seed = seed}, machines);
  }
  // The trace is not blind: another seed has another one.
  EXPECT_NE(traced_run({.optimizer = optimizer, .norm = norm, .seed = 0}, {}),
            traced_run({.optimizer = optimizer, .norm = norm, .seed = 1}, {}));
}

INSTANTIATE_TEST_SUITE_P(Matrix, DeterminismTest,
                         testing::Combine(testing::Values(OptimizerKind::kSgd, OptimizerKind::kNesterov,
                                                          OptimizerKind::kAdagrad, OptimizerKind::kAdadelta,
                                                          OptimizerKind::kAdam),
                                          testing::Values(NormKind::kBatch, NormKind::kNone)),
                         [](const auto& param) {
                           return std::string(name_of(std::get<0>(param.param))) +
                                  (std::get<1>(param.param) == NormKind::kBatch ? "_batch" : "_none");
                         });

TEST(DeterminismAtFullWidth, BitsDependOnTheSeedAlone) {
  if (!wants_all()) GTEST_SKIP() << "KINDLING_DETERMINISM is not 'all': minutes at full width were left out";
  for (const OptimizerKind optimizer : {OptimizerKind::kSgd, OptimizerKind::kAdam}) {
    expect_one_trace({.optimizer = optimizer, .width = 64, .batch_size = 32, .images = 72, .epochs = 1},
                     {{1, 2, 2}, {4, 8, 4}, {16, 1, 2}});
  }
}

}  // namespace
}  // namespace kindling
