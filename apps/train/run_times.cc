#include "apps/train/run_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "apps/screen.h"
#include "engine/bottleneck.h"

namespace kindling {
namespace {

bool has_verdict(const RunTimes& times) {
  return times.is_loading && times.batches > 0;
}

BatchCosts costs_of(const RunTimes& times) {
  return batch_costs(times.phases, times.device, times.loader.workers.seconds(WorkerState::kBusy), times.workers,
                     times.batches);
}

nlohmann::ordered_json verdict_json(const RunTimes& times) {
  if (!has_verdict(times)) return nullptr;
  const BatchCosts costs = costs_of(times);
  const Verdict verdict = judge(costs);
  return {{"bottleneck", name_of(verdict.bottleneck)},
          {"margin", std::isfinite(verdict.margin) ? nlohmann::ordered_json(verdict.margin) : nullptr},
          {"per_batch_ms",
           {{"loader", costs.loader_ms},
            {"copy", costs.copy_ms},
            {"launch", costs.launch_ms},
            {"compute", costs.compute_ms}}},
          {"text", explain(verdict, costs, times.workers)}};
}

}  // namespace

nlohmann::ordered_json to_json(const RunTimes& times) {
  nlohmann::ordered_json json{{"wall_s", times.wall_s}, {"batches", times.batches}};
  for (int i = 0; i < static_cast<int>(Phase::kCount); ++i) {
    const auto phase = static_cast<Phase>(i);
    json["phases"][name_of(phase)] = times.phases.seconds(phase);
  }
  const WorkerTimes& workers = times.loader.workers;
  json["loader"] = {{"workers", times.workers},
                    {"busy_s", workers.seconds(WorkerState::kBusy)},
                    {"blocked_s", workers.seconds(WorkerState::kBlocked)},
                    {"idle_s", workers.seconds(WorkerState::kIdle)},
                    {"ring_depth", times.loader.mean_ready_batches()}};
  json["device"] = {{"copy_s", times.device.copy_ms * 1e-3},
                    {"forward_s", times.device.forward_ms * 1e-3},
                    {"backward_s", times.device.backward_ms * 1e-3},
                    {"optimizer_s", times.device.optimizer_ms * 1e-3}};
  json["verdict"] = verdict_json(times);
  return json;
}

std::string shares_text(const PhaseTimes& phases) {
  std::vector<std::pair<double, const char*>> shares;
  for (int i = 0; i < static_cast<int>(Phase::kCount); ++i) {
    const auto phase = static_cast<Phase>(i);
    shares.emplace_back(100 * phases.seconds(phase) / phases.total_seconds(), name_of(phase));
  }
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [share, name] : shares) {
    if (share >= 0.05) text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", name, share);
  }
  return text;
}

void print_times(const RunTimes& times) {
  if (times.phases.total_ns() > 0) say("time    {:.2f} s: {}\n", times.wall_s, shares_text(times.phases));
  if (!has_verdict(times)) return;
  const BatchCosts costs = costs_of(times);
  say("pace    {}\n", explain(judge(costs), costs, times.workers));
}

}  // namespace kindling
