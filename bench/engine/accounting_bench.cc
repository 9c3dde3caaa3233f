// What time accounting costs a step, and whether the verdicts hold by the clock on the wall.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "apps/program.h"
#include "bench/engine/pipeline_cases.h"
#include "bench/engine/step_timing.h"
#include "kernels/core/trace_log.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling::bench {
namespace {

using Context = CpuContext<float>;

struct Options {
  StepOptions step{.repeats = 30, .warmup = 3, .batch = 32, .width = 8};
  int rounds = 15;
  int cases = 40;
  std::int64_t case_batches = 60;
};

// The same batch, which is there already.
class OneBatch {
 public:
  explicit OneBatch(const StepOptions& options) : options_(options) {}
  std::int64_t batches_per_epoch() const { return options_.repeats; }
  void start_epoch(std::int64_t epoch, std::int64_t first) { batch_ = {.epoch = epoch, .index = first}; }
  std::optional<Batch> next() {
    if (batch_.index == batches_per_epoch()) return std::nullopt;
    Batch batch = batch_;
    batch.images = options_.batch;
    ++batch_.index;
    return batch;
  }
  void release(const Batch& /*batch*/) {}

 private:
  const StepOptions& options_;
  Batch batch_;
};

// Epochs of the real trainer on one network, each with an account of its own.
class Training {
 public:
  explicit Training(const StepOptions& options) : options_(options), source_(options) {
    network_.parameters().initialize(context_, 1);
    fill_slot(slots_.slot(0));
  }

  // Milliseconds a step.
  double run(const Clock& clock, TraceLane* lane) {
    PhaseAccount account(clock, lane);
    TrainStep<Context> train_step(context_, network_, optimizer_, 0, &account);
    EvalStep<Context> eval_step(context_, network_, &account);
    TrainerOptions options{.epochs = 1, .learning_rate = [](std::int64_t /*step*/) { return 0.01; }};
    options.account = &account;
    SilentObserver observer;
    Trainer<Context, OneBatch> trainer(train_step, eval_step, network_.parameters(), options, observer);
    TrainingState state;
    const Stopwatch watch;
    trainer.run(state, {source_, slots_}, std::optional<BatchFeed<Context, OneBatch>>());
    return watch.elapsed_ms() / options_.repeats;
  }

 private:
  const StepOptions& options_;
  Context context_;
  Network<Context> network_{context_, {.width = options_.width}, options_.batch};
  Optimizer<Context> optimizer_{context_, resolve_hyperparameters(OptimizerKind::kSgd, Recipe::kAssignment, {}),
                                network_.parameters().layout().parameter_arena_size()};
  SlotPool<Context> slots_{context_, 1, options_.batch};
  OneBatch source_;
};

// Nanoseconds that a change of phase takes: reads the clock, adds.
double change_ns() {
  constexpr int kChanges = 1'000'000;
  PhaseAccount account;
  return 1e9 / kChanges * best_seconds(5, [&account] {
           for (int i = 0; i < kChanges; ++i) account.enter(i % 2 == 0 ? Phase::kForward : Phase::kBackward);
         });
}

// "1.0003 (0.9991 to 1.0012)": median and quartiles of the rounds' ratios.
std::string ratio_text(const std::vector<double>& times_ms, const std::vector<double>& base_ms) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < times_ms.size(); ++i) ratios.push_back(times_ms[i] / base_ms[i]);
  const StepTimes ratio = summarize_times(ratios);
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", ratio.median_ms, ratio.q1_ms, ratio.q3_ms);
}

void measure_cost(const Options& options) {
  Training training(options.step);
  std::int64_t readings = 0;
  const Clock counting = [&readings] { return ++readings; };
  const Clock still = [] { return std::int64_t{0}; };
  training.run(counting, nullptr);  // warms up, too
  const double changes = static_cast<double>(readings) / options.step.repeats;

  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> traced;
  for (int round = 0; round < options.rounds; ++round) {  // in turns, so that a slow minute meets all alike
    TraceLane lane("trainer");
    without.push_back(training.run(still, nullptr));
    with.push_back(training.run(now_ns, nullptr));
    traced.push_back(training.run(now_ns, &lane));
  }
  const double step_ms = summarize_times(without).median_ms;
  const double share = 1e-6 * changes * change_ns() / step_ms;
  fmt::print("cost of accounting: width {}, batch {}, {} rounds of {} steps\n", options.step.width, options.step.batch,
             options.rounds, options.step.repeats);
  fmt::print("  a step without reading the clock   {:.3f} ms\n", step_ms);
  fmt::print("  clock readings a step              {:.1f}, {:.0f} ns a change of phase: {:.4f} % of a step\n", changes,
             change_ns(), 100 * share);
  fmt::print("  with accounting / without          {}\n", ratio_text(with, without));
  fmt::print("  with accounting and trace / without {}\n", ratio_text(traced, without));
}

void run_cases(const Options& options) {
  std::mt19937_64 random(7);
  int right = 0;
  double worst_pace = 0;
  for (int number = 0; number < options.cases; ++number) {
    const PipelineCase made = make_case(number, random);
    const CaseResult result = run_case<RealTime>(made, options.case_batches);
    const bool is_right = result.verdict.bottleneck == made.truth;
    right += is_right ? 1 : 0;
    worst_pace = std::max(worst_pace, std::abs(result.ms_a_batch / made.slowest_ms - 1));
    if (is_right) continue;
    fmt::print("  case {}: {} by its verdict (margin {:.2f}), {} as made ({:.2f} ms, ran at {:.2f})\n", number,
               name_of(result.verdict.bottleneck), result.verdict.margin, name_of(made.truth), made.slowest_ms,
               result.ms_a_batch);
  }
  fmt::print("verdicts by the clock on the wall: {} of {} right; the slowest stage sets the pace within {:.1f} %\n",
             right, options.cases, 100 * worst_pace);
}

int measure(int argc, char** argv) {
  Options options;
  CLI::App app("What time accounting costs, and whether its verdicts hold in real time.", "accounting_bench");
  add_step_options(app, options.step);
  app.add_option("--rounds", options.rounds, "runs of each kind, in turns")->capture_default_str();
  app.add_option("--cases", options.cases, "made pipelines")->capture_default_str();
  app.add_option("--case-batches", options.case_batches, "batches of each")->capture_default_str();
  if (!parse_command_line(app, argc, argv)) return 0;
  measure_cost(options);
  run_cases(options);
  return 0;
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  return kindling::run_program("accounting_bench", [&] { return kindling::bench::measure(argc, argv); });
}
