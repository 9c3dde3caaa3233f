#include "engine/snapshot.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace kindling {
namespace {

template <class T>
T parse_number(const Checkpoint& checkpoint, const std::string& key) {
  const std::string& text = checkpoint.metadata(key);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kWeights,
                fmt::format("{}: metadata '{}' is '{}', wanted a number", checkpoint.origin(), key, text));
  }
  return value;
}

}  // namespace

// fmt writes the shortest decimal that reads back as the same double.
StringMap Snapshot::to_metadata(const TrainingState& state) {
  return {{"epoch", fmt::format("{}", state.epoch)},
          {"batch", fmt::format("{}", state.batch)},
          {"loss_sum", fmt::format("{}", state.metrics.loss_sum())},
          {"correct", fmt::format("{}", state.metrics.correct())},
          {"images", fmt::format("{}", state.metrics.images())},
          {"data_s", fmt::format("{}", state.seconds.data)},
          {"compute_s", fmt::format("{}", state.seconds.compute)},
          {"wall_s", fmt::format("{}", state.seconds.wall)}};
}

TrainingState Snapshot::from_metadata(const Checkpoint& checkpoint) {
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
  return state;
}

CheckpointContents Snapshot::contents() const {
  CheckpointContents contents;
  contents.step = step_;
  contents.metadata = metadata_;
  for (const auto& [name, tensors] : sections_) contents.sections.push_back({name, tensors.records()});
  return contents;
}

}  // namespace kindling
