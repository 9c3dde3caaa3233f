#include "engine/optim/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/core/error.h"

namespace kindling {
namespace {

void check(bool good, const std::string& message) {
  if (!good) throw Error(ErrorCode::kUsage, message);
}

const ScheduleOptions& checked(const ScheduleOptions& options) {
  check(options.epochs >= 1, fmt::format("--epochs is {}; it must be at least 1", options.epochs));
  check(options.steps_per_epoch >= 1, fmt::format("an epoch has {} steps; wanted at least 1", options.steps_per_epoch));
  check(options.warmup_epochs >= 0, fmt::format("--warmup-epochs is {}; it must be at least 0", options.warmup_epochs));
  check(options.warmup_epochs < options.epochs,
        fmt::format("--warmup-epochs {} leaves nothing of --epochs {}; it must be less", options.warmup_epochs,
                    options.epochs));
  check(options.kind != ScheduleKind::kOneCycle || options.warmup_epochs == 0,
        fmt::format("--warmup-epochs {} contradicts --lr-schedule onecycle, which warms up by itself",
                    options.warmup_epochs));
  return options;
}

// From `from` at fraction 0 to `to` at fraction 1 along half a cosine.
double cosine_between(double from, double to, double fraction) {
  return to + (from - to) / 2.0 * (1.0 + std::cos(std::numbers::pi * fraction));
}

double one_cycle(double lr, double step, double steps) {
  constexpr double kStartDivisor = 25.0;
  constexpr double kFinalDivisor = 1e4;
  constexpr double kRisingPart = 0.3;
  const double start = lr / kStartDivisor;
  const double peak = kRisingPart * steps - 1.0;
  if (step <= peak) return cosine_between(start, lr, step / peak);
  return cosine_between(lr, start / kFinalDivisor, (step - peak) / (steps - 1.0 - peak));
}

}  // namespace

std::string_view name_of(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::kConstant:
      return "constant";
    case ScheduleKind::kCosine:
      return "cosine";
    case ScheduleKind::kOneCycle:
      return "onecycle";
  }
  return "?";
}

ScheduleKind parse_schedule_kind(std::string_view name) {
  for (const auto kind : {ScheduleKind::kConstant, ScheduleKind::kCosine, ScheduleKind::kOneCycle}) {
    if (name_of(kind) == name) return kind;
  }
  throw Error(ErrorCode::kUsage,
              fmt::format("--lr-schedule is '{}'; it must be one of constant, cosine, onecycle", name));
}

Schedule::Schedule(const ScheduleOptions& options)
    : kind_(checked(options).kind),
      lr_(options.lr),
      warmup_steps_(options.warmup_epochs * options.steps_per_epoch),
      steps_((options.epochs - options.warmup_epochs) * options.steps_per_epoch) {}

double Schedule::learning_rate(std::int64_t t) const {
  require(t >= 1, "steps of a schedule count from 1");
  if (t <= warmup_steps_) return lr_ * static_cast<double>(t) / static_cast<double>(warmup_steps_);
  const auto step = static_cast<double>(std::min(t - warmup_steps_, steps_) - 1);
  const auto steps = static_cast<double>(steps_);
  switch (kind_) {
    case ScheduleKind::kConstant:
      return lr_;
    case ScheduleKind::kCosine:
      return cosine_between(lr_, 0.0, step / steps);
    case ScheduleKind::kOneCycle:
      return one_cycle(lr_, step, steps);
  }
  throw Error(ErrorCode::kInternal, "internal error: unknown schedule");
}

}  // namespace kindling
