#include "engine/snapshot.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kindling {
namespace {

[[noreturn]] void refuse_number(const Checkpoint& checkpoint, const std::string& key) {
  throw Error(ErrorCode::kWeights, fmt::format("{}: metadata '{}' is '{}', wanted numbers", checkpoint.origin(), key,
                                               checkpoint.metadata(key)));
}

// The number at the beginning of `text`, which it leaves behind.
template <class T>
T take_number(const Checkpoint& checkpoint, const std::string& key, std::string_view& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) refuse_number(checkpoint, key);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

template <class T>
T parse_number(const Checkpoint& checkpoint, const std::string& key) {
  std::string_view text = checkpoint.metadata(key);
  const T value = take_number<T>(checkpoint, key, text);
  if (!text.empty()) refuse_number(checkpoint, key);
  return value;
}

// As many numbers as `values` has, with commas between.
template <class T>
void parse_numbers(const Checkpoint& checkpoint, const std::string& key, const std::vector<T*>& values) {
  std::string_view text = checkpoint.metadata(key);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && !text.starts_with(',')) refuse_number(checkpoint, key);
    if (i > 0) text.remove_prefix(1);
    *values[i] = take_number<T>(checkpoint, key, text);
  }
  if (!text.empty()) refuse_number(checkpoint, key);
}

// A checksum proves that a checkpoint is what was written, not that it makes sense. No training reaches these counts,
// and sums of them don't overflow.
void require_sensible(const Checkpoint& checkpoint, const TrainingState& state) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  const auto is_count = [](std::int64_t value) { return value >= 0 && value <= kMost; };
  const auto is_sum = [](double value) { return std::isfinite(value) && value >= 0; };
  const RunningMetrics& metrics = state.metrics;
  const EpochSeconds& seconds = state.seconds;
  const bool is_sensible = is_count(state.epoch) && is_count(state.batch) && is_count(state.step) &&
                           is_count(metrics.images()) && is_count(metrics.correct()) &&
                           metrics.correct() <= metrics.images() && std::isfinite(metrics.loss_sum()) &&
                           is_sum(seconds.data) && is_sum(seconds.compute) && is_sum(seconds.wall);
  if (is_sensible) return;
  throw Error(ErrorCode::kWeights,
              fmt::format("{}: its training state makes no sense: step {}, epoch {}, batch {}, loss sum {}, {} of {} "
                          "images correct, after {} s",
                          checkpoint.origin(), state.step, state.epoch, state.batch, metrics.loss_sum(),
                          metrics.correct(), metrics.images(), seconds.wall));
}

std::vector<std::int64_t*> numbers_of(PhaseTimes& times) {
  std::vector<std::int64_t*> numbers;
  numbers.reserve(static_cast<std::size_t>(Phase::kCount));
  for (int i = 0; i < static_cast<int>(Phase::kCount); ++i) numbers.push_back(&times.ns(static_cast<Phase>(i)));
  return numbers;
}

std::vector<double*> numbers_of(DeviceTimes& times) {
  return {&times.copy_ms, &times.forward_ms, &times.backward_ms, &times.optimizer_ms};
}

template <class T>
std::string to_text(const std::vector<T*>& numbers) {
  std::string text;
  for (const T* number : numbers) text += fmt::format("{}{}", text.empty() ? "" : ",", *number);
  return text;
}

}  // namespace

// fmt writes the shortest decimal that reads back as the same double.
StringMap to_metadata(const TrainingState& state) {
  EpochSeconds seconds = state.seconds;
  return {{"epoch", fmt::format("{}", state.epoch)},
          {"batch", fmt::format("{}", state.batch)},
          {"loss_sum", fmt::format("{}", state.metrics.loss_sum())},
          {"correct", fmt::format("{}", state.metrics.correct())},
          {"images", fmt::format("{}", state.metrics.images())},
          {"data_s", fmt::format("{}", state.seconds.data)},
          {"compute_s", fmt::format("{}", state.seconds.compute)},
          {"wall_s", fmt::format("{}", state.seconds.wall)},
          {"phases_ns", to_text(numbers_of(seconds.phases))},
          {"device_ms", to_text(numbers_of(seconds.device))}};
}

TrainingState from_metadata(const Checkpoint& checkpoint) {
  TrainingState state;
  state.epoch = parse_number<std::int64_t>(checkpoint, "epoch");
  state.batch = parse_number<std::int64_t>(checkpoint, "batch");
  state.step = checkpoint.step();
  state.metrics =
      RunningMetrics(parse_number<double>(checkpoint, "loss_sum"), parse_number<std::int64_t>(checkpoint, "correct"),
                     parse_number<std::int64_t>(checkpoint, "images"));
  state.seconds.data = parse_number<double>(checkpoint, "data_s");
  state.seconds.compute = parse_number<double>(checkpoint, "compute_s");
  state.seconds.wall = parse_number<double>(checkpoint, "wall_s");
  parse_numbers(checkpoint, "phases_ns", numbers_of(state.seconds.phases));
  parse_numbers(checkpoint, "device_ms", numbers_of(state.seconds.device));
  require_sensible(checkpoint, state);
  return state;
}

}  // namespace kindling
