// kindling-time-loader: how many images a second the loader delivers by itself, for several numbers of workers.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "apps/common_options.h"
#include "apps/program.h"
#include "apps/screen.h"
#include "apps/train/data_feed.h"
#include "apps/version.h"
#include "kernels/core/clock.h"
#include "kernels/core/error.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {
namespace {

struct Options : DataOptions {
  std::vector<std::int64_t> sweep{0, 1, 2, 4, 8, 12, 16};
  std::int64_t repeats = 5;
};

void define(CLI::App& app, Options& options) {
  add_data_options(app, options);
  const std::string group = "Measurement";
  app.add_option("--sweep", options.sweep, "numbers of workers to measure")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("LIST")
      ->default_str("0,1,2,4,8,12,16")
      ->group(group);
  app.add_option("--repeats", options.repeats, "passes for each number of workers, which take turns")
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", options.seed, "of order, crops and flips")->capture_default_str()->group(group);
}

void check(const CLI::App& app, const Options& options) {
  if (app.get_option("--workers")->count() > 0) {
    throw Error(ErrorCode::kUsage, "--workers has no place here; --sweep lists the numbers of workers to measure");
  }
  check_data_options(options);
  require_data_path(options);
  require_at_least("--repeats", options.repeats, 1);
  for (const std::int64_t workers : options.sweep) {
    require_at_least("--sweep", workers, 0);
    require_at_most("--sweep", workers, 1024);
  }
}

struct Pass {
  std::int64_t images = 0;
  double seconds = 0;
};

// An epoch, taken as quickly as it comes; the order's permutation counts. Always the same one, as with --limit-batches
// another epoch has other images, which the first pass over them would bring into the page cache for the others.
Pass time_pass(CpuContext<float>& context, const Dataset& dataset, const Options& options, std::int64_t workers) {
  LoaderOptions loader_settings = loader_options(options, Split::kTrain);
  loader_settings.workers = workers;
  const SlotPool<CpuContext<float>> slots(context, Loader::slots_needed(loader_settings), options.batch_size);
  Loader loader(dataset, loader_settings, slots.slots());
  Pass pass;
  const Stopwatch watch;
  loader.start_epoch(0);
  while (const std::optional<Batch> batch = loader.next()) {
    pass.images += batch->images;
    loader.release(*batch);
  }
  pass.seconds = watch.elapsed_s();
  return pass;
}

void run(const Options& options) {
  CpuContext<float> context({.threads = 1});
  const std::unique_ptr<Dataset> dataset = open_dataset(options.dataset, Split::kTrain);
  // One pass that isn't counted: files come into the page cache, decoded images into --cache.
  time_pass(context, *dataset, options, *std::max_element(options.sweep.begin(), options.sweep.end()));
  say("workers,repeat,images,seconds,images_per_s\n");
  for (std::int64_t repeat = 1; repeat <= options.repeats; ++repeat) {
    for (const std::int64_t workers : options.sweep) {
      const Pass pass = time_pass(context, *dataset, options, workers);
      say("{},{},{},{:.6f},{:.1f}\n", workers, repeat, pass.images, pass.seconds,
          static_cast<double>(pass.images) / pass.seconds);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  return kindling::run_program("kindling-time-loader", [&] {
    CLI::App app(
        "Times the loader alone: passes over the training set, crops and flips included, for several numbers of "
        "workers. "
        "Prints CSV.",
        "kindling-time-loader");
    app.set_version_flag("--version", kindling::version_text());
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    kindling::Options options;
    kindling::define(app, options);
    if (!kindling::parse_command_line(app, argc, argv)) return 0;
    kindling::check(app, options);
    kindling::run(options);
    return 0;
  });
}
