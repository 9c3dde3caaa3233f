#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "data/loader.h"
#include "kernels/core/time_account.h"
#include "kernels/lane.h"

namespace kindling {

// Where the time of a run went, as far as this process worked on it, from before the first batch to behind the last
// checkpoint.
struct RunTimes {
  double wall_s = 0;  // by a clock of its own
  PhaseTimes phases;
  DeviceTimes device;  // sums over the steps
  LoaderTimes loader;  // of the training set's
  std::int64_t workers = 0;
  std::int64_t batches = 0;
  bool is_loading = true;  // false: --fixed-batch
};

// {"wall_s", "phases", "loader", "device", "verdict"} for run.json; no verdict of a run without batches or loading.
nlohmann::ordered_json to_json(const RunTimes& times);

// "forward 31.2 %, backward 64.0 %, ...": the phases that took at least 0.05 %, the largest first.
std::string shares_text(const PhaseTimes& phases);

// Two lines on the screen: shares of the time, and the verdict.
void print_times(const RunTimes& times);

}  // namespace kindling
