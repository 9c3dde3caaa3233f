#include "kernels/core/time_account.h"

#include <gtest/gtest.h>

namespace kindling {
namespace {

// A clock that a test sets.
struct ManualClock {
  std::int64_t at = 1000;
  Clock clock() {
    return [this] { return at; };
  }
};

TEST(TimeAccount, GivesEachStretchToTheStateItWasIn) {
  ManualClock time;
  PhaseAccount account(time.clock());
  time.at += 3;
  EXPECT_EQ(account.enter(Phase::kData), Phase::kOther);
  time.at += 50;
  EXPECT_EQ(account.enter(Phase::kForward), Phase::kData);
  time.at += 200;
  const PhaseTimes first = account.take();
  EXPECT_EQ(first.ns(Phase::kOther), 3);
  EXPECT_EQ(first.ns(Phase::kData), 50);
  EXPECT_EQ(first.ns(Phase::kForward), 200);
  EXPECT_EQ(first.total_ns(), 253);

  time.at += 7;  // still in the forward pass
  const PhaseTimes second = account.take();
  EXPECT_EQ(second.ns(Phase::kForward), 7);
  EXPECT_EQ(second.total_ns(), 7);
  EXPECT_EQ(account.total().ns(Phase::kForward), 207);
  EXPECT_EQ(account.total().total_ns(), time.at - 1000);
}

TEST(TimeAccount, RestartForgetsWhatWasBefore) {
  ManualClock time;
  PhaseAccount account(time.clock());
  time.at += 40;
  account.take();
  time.at += 2;
  account.restart();
  time.at += 5;
  EXPECT_EQ(account.take().total_ns(), 5);
  EXPECT_EQ(account.total().total_ns(), 5);
}

TEST(PhaseScope, ReturnsToThePhaseBefore) {
  ManualClock time;
  PhaseAccount account(time.clock());
  {
    const PhaseScope metrics(account, Phase::kMetrics);
    time.at += 10;
    {
      const PhaseScope checkpoint(account, Phase::kCheckpoint);
      time.at += 100;
    }
    time.at += 1;
  }
  time.at += 1000;
  const PhaseTimes times = account.take();
  EXPECT_EQ(times.ns(Phase::kMetrics), 11);
  EXPECT_EQ(times.ns(Phase::kCheckpoint), 100);
  EXPECT_EQ(times.ns(Phase::kOther), 1000);
}

TEST(TimeAccount, TracesAllButNothingInParticular) {
  ManualClock time;
  TraceLog log;
  TraceLane& lane = log.add_lane("trainer");
  PhaseAccount account(time.clock(), &lane);
  time.at += 5;
  account.enter(Phase::kData);
  time.at += 20;
  account.take();  // no end of a stretch
  time.at += 10;
  account.enter(Phase::kOther);
  time.at += 5;
  account.enter(Phase::kWait);
  account.enter(Phase::kOther);  // took no time
  ASSERT_EQ(lane.events.size(), 1U);
  EXPECT_STREQ(lane.events[0].name, "data");
  EXPECT_EQ(lane.events[0].begin_ns, 1005);
  EXPECT_EQ(lane.events[0].end_ns, 1035);
}

}  // namespace
}  // namespace kindling
