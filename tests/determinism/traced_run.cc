#include "tests/determinism/traced_run.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "data/loader.h"
#include "data/synthetic.h"
#include "engine/io/checksum.h"
#include "engine/snapshot.h"
#include "engine/trainer.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling::test {
namespace {

using Context = CpuContext<float>;

// A loader that notes what each batch holds when it is handed out.
class NotedLoader {
 public:
  NotedLoader(Loader& loader, const SlotPool<Context>& slots, std::vector<std::string>& notes)
      : loader_(loader), slots_(slots), notes_(notes) {}

  std::int64_t batches_per_epoch() const { return loader_.batches_per_epoch(); }
  void start_epoch(std::int64_t epoch, std::int64_t first_batch) { loader_.start_epoch(epoch, first_batch); }
  void release(const Batch& batch) { loader_.release(batch); }
  std::optional<Batch> next() {
    std::optional<Batch> batch = loader_.next();
    if (batch) notes_.push_back(fmt::format("epoch {} batch {} {}", batch->epoch, batch->index, checksum(*batch)));
    return batch;
  }

 private:
  std::string checksum(const Batch& batch) const {
    const BatchSlot slot = slots_.slot(batch.slot);
    const auto images = static_cast<std::size_t>(batch.images);
    const TensorRecord tensors[] = {
        {"pixels", DType::kF32, {}, std::as_bytes(std::span(slot.pixels.first(images * kImageElements)))},
        {"labels", DType::kI32, {}, std::as_bytes(std::span(slot.labels.first(images)))}};
    return checksum_of(std::span<const TensorRecord>(tensors));
  }

  Loader& loader_;
  const SlotPool<Context>& slots_;
  std::vector<std::string>& notes_;
};

class NotingObserver final : public TrainingObserver {
 public:
  NotingObserver(std::vector<std::string>& notes, std::function<void()> note_state)
      : notes_(notes), note_state_(std::move(note_state)) {}

  void batch_finished(const BatchReport& report, const TrainingState& /*state*/) override {
    notes_.push_back(fmt::format("loss {:a} correct {}", report.metrics.loss_sum, report.metrics.correct));
  }
  void epoch_finished(const EpochReport& /*report*/, const TrainingState& /*state*/) override { note_state_(); }
  void evaluation_progressed(std::int64_t /*done*/, std::int64_t /*batches*/) override {}
  bool stop_requested() override { return false; }
  bool evaluation_stop_requested() override { return false; }

 private:
  std::vector<std::string>& notes_;
  std::function<void()> note_state_;
};

}  // namespace

std::vector<std::string> traced_run(const RunChoice& run, const MachineChoice& machine) {
  std::vector<std::string> notes;
  Context context({.threads = machine.threads});
  const Synthetic dataset(run.images, 5, Split::kTrain);
  const LoaderOptions options{
      .batch_size = run.batch_size, .workers = machine.workers, .prefetch = machine.prefetch, .seed = run.seed};
  const SlotPool<Context> slots(context, Loader::slots_needed(options), run.batch_size);
  Loader loader(dataset, options, slots.slots());
  NotedLoader source(loader, slots, notes);

  Network<Context> network(context, {.width = run.width, .norm = run.norm}, run.batch_size);
  network.parameters().initialize(context, run.seed);
  const Hyperparameters chosen = resolve_hyperparameters(run.optimizer, Recipe::kTorchDefaults, {.weight_decay = 5e-4});
  Optimizer<Context> optimizer(context, chosen, network.parameters().layout().parameter_arena_size());
  TrainStep<Context> train_step(context, network, optimizer, 0);
  EvalStep<Context> eval_step(context, network);

  TrainingState state;
  Snapshot<Context> snapshot(context, network, optimizer);
  NotingObserver observer(notes, [&] {
    snapshot.take(state, "");
    for (const CheckpointSection& section : snapshot.contents().sections) {
      notes.push_back(fmt::format("{} {}", section.name, checksum_of(section.tensors)));
    }
  });
  Trainer<Context, NotedLoader> trainer(
      train_step, eval_step, network.parameters(),
      {.epochs = run.epochs, .learning_rate = [&](std::int64_t /*step*/) { return chosen.lr; }}, observer);
  const std::optional<BatchFeed<Context, NotedLoader>> no_test;
  trainer.run(state, {source, slots}, no_test);
  return notes;
}

std::string describe(const RunChoice& run) {
  return fmt::format("{}, norm {}, width {}, seed {}", name_of(run.optimizer),
                     run.norm == NormKind::kBatch ? "batch" : "none", run.width, run.seed);
}

std::string describe(const MachineChoice& machine) {
  return fmt::format("{} workers, prefetch {}, {} threads", machine.workers, machine.prefetch, machine.threads);
}

}  // namespace kindling::test
