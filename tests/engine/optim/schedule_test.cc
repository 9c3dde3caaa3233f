#include "engine/optim/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <string>

#include "kernels/core/error.h"
#include "tests/support/read_json.h"
#include "tests/support/source_path.h"

namespace kindling {
namespace {

using testing::HasSubstr;

const nlohmann::json& torch_schedules() {
  static const nlohmann::json parsed = test::read_json(test::source_path("tests/golden/optimizer_schedules.json"));
  return parsed;
}

double number(const nlohmann::json& hex) {
  return std::strtod(hex.get<std::string>().c_str(), nullptr);
}

// torch computes each rate from the one before, with a few roundings of at most eps lr each, so that after T steps it
// may be off by a few T eps lr; ours has a few eps lr in all.
double rounding(double lr, std::int64_t steps) {
  return 8.0 * static_cast<double>(steps) * std::numeric_limits<double>::epsilon() * lr;
}

TEST(Schedule, MatchesTorchInEveryStep) {
  ASSERT_EQ(torch_schedules()["cases"].size(), 7U);
  for (const auto& of : torch_schedules()["cases"]) {
    const Schedule schedule({.kind = parse_schedule_kind(of["kind"].get<std::string>()),
                             .lr = of["lr"],
                             .epochs = of["epochs"],
                             .steps_per_epoch = of["steps_per_epoch"],
                             .warmup_epochs = of["warmup_epochs"]});
    const auto steps = static_cast<std::int64_t>(of["rates"].size());
    for (std::int64_t t = 1; t <= steps; ++t) {
      ASSERT_NEAR(schedule.learning_rate(t), number(of["rates"][static_cast<std::size_t>(t - 1)]),
                  rounding(of["lr"], steps))
          << of["name"] << ", step " << t;
    }
  }
}

TEST(Schedule, CosineStartsEachEpochAtTheRateOfAScriptThatStepsPerEpoch) {
  const auto& of = torch_schedules()["cosine_per_epoch"];
  const std::int64_t steps_per_epoch = of["steps_per_epoch"];
  const Schedule schedule(
      {.kind = ScheduleKind::kCosine, .lr = of["lr"], .epochs = of["epochs"], .steps_per_epoch = steps_per_epoch});
  const auto epochs = static_cast<std::int64_t>(of["rates"].size());
  ASSERT_EQ(epochs, of["epochs"].get<std::int64_t>());
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    EXPECT_NEAR(schedule.learning_rate(epoch * steps_per_epoch + 1),
                number(of["rates"][static_cast<std::size_t>(epoch)]), rounding(of["lr"], epochs));
  }
}

TEST(Schedule, KeepsTheLastRateBeyondTheRun) {
  for (const auto kind : {ScheduleKind::kConstant, ScheduleKind::kCosine, ScheduleKind::kOneCycle}) {
    const Schedule schedule({.kind = kind, .lr = 0.1, .epochs = 2, .steps_per_epoch = 10});
    EXPECT_EQ(schedule.learning_rate(21), schedule.learning_rate(20)) << name_of(kind);
  }
}

std::string refusal(const ScheduleOptions& options) {
  try {
    const Schedule schedule(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "no error";
}

TEST(Schedule, RefusesWhatContradicts) {
  EXPECT_EQ(refusal({.lr = 0.1, .epochs = 0, .steps_per_epoch = 1}), "--epochs is 0; it must be at least 1");
  EXPECT_EQ(refusal({.lr = 0.1, .epochs = 1, .steps_per_epoch = 0}), "an epoch has 0 steps; wanted at least 1");
  EXPECT_THAT(refusal({.lr = 0.1, .epochs = 3, .steps_per_epoch = 1, .warmup_epochs = -1}),
              HasSubstr("--warmup-epochs is -1"));
  EXPECT_THAT(refusal({.lr = 0.1, .epochs = 3, .steps_per_epoch = 1, .warmup_epochs = 3}),
              HasSubstr("leaves nothing of --epochs 3"));
  EXPECT_THAT(
      refusal({.kind = ScheduleKind::kOneCycle, .lr = 0.1, .epochs = 3, .steps_per_epoch = 1, .warmup_epochs = 1}),
      HasSubstr("contradicts --lr-schedule onecycle"));
}

TEST(ScheduleKind, NamesRoundTripAndUnknownOnesListTheChoice) {
  for (const auto kind : {ScheduleKind::kConstant, ScheduleKind::kCosine, ScheduleKind::kOneCycle}) {
    EXPECT_EQ(parse_schedule_kind(name_of(kind)), kind);
  }
  try {
    parse_schedule_kind("step");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_STREQ(error.what(), "--lr-schedule is 'step'; it must be one of constant, cosine, onecycle");
  }
}

}  // namespace
}  // namespace kindling
