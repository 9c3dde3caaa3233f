// A checkpoint, and going on from it. Input: a safetensors file. It runs three times: as it is; as the contents of a
// checkpoint whose checksums are right, so that what lies behind them is reached; and with its metadata in place of
// that of a real, tiny run, which is then restored.

#include "engine/io/checkpoint.h"

#include <cmath>
#include <vector>

#include "apps/train/run_identity.h"
#include "engine/snapshot.h"
#include "kernels/reference/reference_context.h"
#include "tests/fuzz/harness.h"

namespace kindling {
namespace {

using Context = ReferenceContext<float>;

// Keeps what is written and touches no disk.
class MemoryFile final : public FileSystemCalls {
 public:
  int open(const std::string& /*path*/, int /*flags*/, mode_t /*mode*/) override { return 0; }
  ssize_t write(int /*fd*/, const void* data, std::size_t size) override {
    const auto* const bytes = static_cast<const std::byte*>(data);
    contents.insert(contents.end(), bytes, bytes + size);
    return static_cast<ssize_t>(size);
  }
  int fsync(int /*fd*/) override { return 0; }
  int close(int /*fd*/) override { return 0; }
  int rename(const std::string& /*from*/, const std::string& /*to*/) override { return 0; }
  int unlink(const std::string& /*path*/) override { return 0; }

  std::vector<std::byte> contents;
};

std::vector<std::byte> file_of(const CheckpointContents& contents) {
  MemoryFile memory;
  write_checkpoint("memory", contents, memory);
  return std::move(memory.contents);
}

// Without the keys that a checkpoint writes itself.
StringMap metadata_of(const SafetensorsFile& file) {
  StringMap metadata;
  for (const auto& [key, value] : file.metadata()) {
    if (!key.starts_with("kindling.")) metadata.emplace(key, value);
  }
  return metadata;
}

CheckpointContents contents_of(const SafetensorsFile& file) {
  CheckpointContents contents{.step = 3, .metadata = metadata_of(file), .sections = {}};
  std::map<std::string, std::vector<TensorRecord>> sections;
  for (TensorRecord tensor : file.tensors()) {
    const std::size_t slash = tensor.name.find('/');
    if (slash == std::string::npos) continue;
    const std::string section = tensor.name.substr(0, slash);
    tensor.name.erase(0, slash + 1);
    sections[section].push_back(std::move(tensor));
  }
  for (auto& [name, tensors] : sections) contents.sections.push_back({name, std::move(tensors)});
  return contents;
}

void check_right_checksums(const SafetensorsFile& file) {
  const CheckpointContents contents = contents_of(file);
  const Checkpoint checkpoint = Checkpoint::parse("whole", file_of(contents));
  fuzz::promise(checkpoint.step() == 3 && checkpoint.metadata() == contents.metadata, "what was written comes back");
  fuzz::promise(checkpoint.sections().size() == contents.sections.size(), "every section comes back");
}

// A run of the smallest network, and its checkpoint.
struct TinyRun {
  TinyRun() {
    network.parameters().initialize(context, 1);
    snapshot.take(TrainingState{}, "{}");
  }

  CheckpointContents contents_with(const StringMap& changed) {
    CheckpointContents contents = snapshot.contents();
    for (const auto& [key, value] : changed) contents.metadata[key] = value;
    return contents;
  }

  Context context;
  Network<Context> network{context, {.width = 1, .norm = NormKind::kBatch}, 1};
  Optimizer<Context> optimizer{context, resolve_hyperparameters(OptimizerKind::kAdam, Recipe::kAssignment, {}),
                               network.parameters().layout().parameter_arena_size()};
  Snapshot<Context> snapshot{context, network, optimizer};
};

void check_state(const TrainingState& state) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  fuzz::promise(state.epoch >= 0 && state.epoch <= kMost && state.batch >= 0 && state.batch <= kMost, "a place");
  fuzz::promise(state.metrics.correct() >= 0 && state.metrics.correct() <= state.metrics.images(), "counts");
  fuzz::promise(std::isfinite(state.metrics.loss_sum()) && std::isfinite(state.seconds.wall), "finite sums");
}

void restore(const StringMap& metadata) {
  static TinyRun run;
  const Checkpoint checkpoint = Checkpoint::parse("restored", file_of(run.contents_with(metadata)));
  fuzz::accepts(ErrorCode::kWeights,
                [&] { check_state(Snapshot<Context>::restore(run.context, checkpoint, run.network, run.optimizer)); });
  const RunIdentity identity{{{"lr", 0.1}, {"seed", 0}}, {{"device", "cpu"}}, {}};
  fuzz::accepts({ErrorCode::kWeights, ErrorCode::kUsage}, [&] { require_same_identity(checkpoint, identity); });
  fuzz::accepts(ErrorCode::kWeights, [&] { plans_of(checkpoint); });
}

}  // namespace
}  // namespace kindling

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto copy = [&] { return std::vector<std::byte>(bytes.begin(), bytes.end()); };
  fuzz::accepts(ErrorCode::kWeights, [&] { Checkpoint::parse("input", copy()); });
  fuzz::accepts(ErrorCode::kWeights, [&] {
    const SafetensorsFile file = SafetensorsFile::parse("input", copy());
    check_right_checksums(file);
    restore(metadata_of(file));
  });
  return 0;
}
