// What a checkpoint costs a run on the CPU: how long the trainer stands still for it, and how much longer the steps
// beside which it is written take. Pairs of the same steps, without a save and with one, in turns.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/program.h"
#include "bench/engine/step_timing.h"
#include "engine/io/background_writer.h"
#include "engine/io/checkpoint_folder.h"
#include "engine/snapshot.h"
#include "engine/weights_file.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling::bench {
namespace {

struct CheckpointOptions {
  StepOptions step{.repeats = 8};  // pairs
  int steps = 2;                   // of each half of a pair
  int threads = 0;
  std::string folder = "checkpoint_bench.out";
};

using C = CpuContext<float>;

// A run that only steps and saves, as kindling-train does it.
class Run {
 public:
  Run(const CheckpointOptions& options, OptimizerKind kind)
      : options_(options),
        context_({.threads = options.threads}),
        network_(context_, {.width = options.step.width}, options.step.batch),
        optimizer_(context_, resolve_hyperparameters(kind, Recipe::kAssignment, {}),
                   network_.parameters().layout().parameter_arena_size()),
        slots_(context_, 1, options.step.batch),
        train_step_(context_, network_, optimizer_, 0),
        snapshot_(context_, network_, optimizer_) {
    network_.parameters().initialize(context_, 1);
    fill_slot(slots_.slot(0));
    std::filesystem::create_directories(options.folder);
  }

  // Milliseconds of half a pair; with a save until that is done.
  double time_steps(bool with_save) {
    const Stopwatch watch;
    if (with_save) begin_save();
    for (int i = 0; i < options_.steps; ++i) {
      train_step_.submit(slots_.slot(0), options_.step.batch, 1e-3, ++state_.step);
      train_step_.collect();
    }
    writer_.wait();
    return watch.elapsed_ms();
  }

  std::vector<double> standstill_ms;
  std::vector<double> save_ms;

 private:
  void begin_save() {
    const Stopwatch watch;
    snapshot_.take(state_, "");
    writer_.start([this] {
      const Stopwatch save_watch;
      const CheckpointContents contents = snapshot_.contents();
      save_checkpoint(options_.folder, contents, 2, calls_);
      save_weights(std::filesystem::path(options_.folder) / "weights.safetensors", contents.sections.front().tensors,
                   calls_);
      save_ms.push_back(save_watch.elapsed_ms());
    });
    standstill_ms.push_back(watch.elapsed_ms());
  }

  CheckpointOptions options_;
  FileSystemCalls calls_;
  C context_;
  Network<C> network_;
  Optimizer<C> optimizer_;
  SlotPool<C> slots_;
  TrainStep<C> train_step_;
  TrainingState state_;
  Snapshot<C> snapshot_;
  BackgroundWriter writer_;
};

int measure(int argc, char** argv) {
  CheckpointOptions options;
  std::string optimizer = "sgd";
  CLI::App app("Times checkpoints beside training steps on the CPU; prints JSON.", "checkpoint_bench");
  add_step_options(app, options.step);
  app.add_option("--steps", options.steps, "of each half of a pair")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads)->capture_default_str();
  app.add_option("--opt", optimizer)->capture_default_str()->check(CLI::IsMember({"sgd", "adam"}));
  app.add_option("--folder", options.folder, "where to save; its checkpoints are replaced")->capture_default_str();
  if (!parse_command_line(app, argc, argv)) return 0;

  Run run(options, optimizer == "adam" ? OptimizerKind::kAdam : OptimizerKind::kSgd);
  run.time_steps(/*with_save=*/true);  // whatever is made at first use
  run.standstill_ms.clear();
  run.save_ms.clear();
  std::vector<double> plain_ms;
  std::vector<double> extra_ms;
  for (int pair = 0; pair < options.step.repeats; ++pair) {
    plain_ms.push_back(run.time_steps(/*with_save=*/false));
    extra_ms.push_back(run.time_steps(/*with_save=*/true) - plain_ms.back());
  }
  const double longest_ms = *std::max_element(run.standstill_ms.begin(), run.standstill_ms.end());
  const StepTimes extra = summarize_times(extra_ms);
  fmt::print(R"({{"optimizer": "{}", "width": {}, "batch": {}, "saves": {}, "standstill_ms": {:.1f}, )"
             R"("longest_standstill_ms": {:.1f}, "save_ms": {:.0f}, "step_ms": {:.0f}, "extra_ms": {:.0f}, )"
             R"("extra_q1_ms": {:.0f}, "extra_q3_ms": {:.0f}, "of_a_minute": {:.4f}}})"
             "\n",
             optimizer, options.step.width, options.step.batch, options.step.repeats,
             summarize_times(run.standstill_ms).median_ms, longest_ms, summarize_times(run.save_ms).median_ms,
             summarize_times(plain_ms).median_ms / options.steps, extra.median_ms, extra.q1_ms, extra.q3_ms,
             extra.median_ms / 60e3);
  return 0;
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  return kindling::run_program("checkpoint_bench", [&] { return kindling::bench::measure(argc, argv); });
}
