#include "apps/compare_devices/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "apps/choice.h"
#include "apps/program.h"
#include "apps/version.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

void add_device_options(CLI::App& app, CompareOptions& options, std::vector<std::string>& precisions) {
  const std::string group = "Model and devices";
  add_network_options(app, options.network, group.c_str());
  app.add_option("--threads", options.threads, "the CPU's compute threads; 0: one for each CPU of the job")
      ->capture_default_str()
      ->group(group);
  app.add_option("--precisions", precisions,
                 "of fp32, tf32 and bf16: what to measure on every device that has it; fp32 must be there")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::IsMember(names_of(kPrecisions)).description(""))
      ->type_name("LIST")
      ->default_str("fp32,bf16")
      ->group(group);
  app.add_flag("--require-cuda", options.require_cuda,
               "exit 5 where there is no GPU, instead of measuring only the CPU")
      ->group(group);
}

void add_run_options(CLI::App& app, CompareOptions& options) {
  const std::string run = "Run";
  app.add_option("--epochs", options.epochs, "measured on each device and precision")
      ->capture_default_str()
      ->group(run);
  app.add_option("--seed", options.seed, "of weights, order, crops and flips")->capture_default_str()->group(run);
  app.add_flag("--sync-timing", options.sync_timing,
               "wait for each step on the GPU: loading and computing don't overlap, and their times add up")
      ->group(run);
  app.add_option("--compare-steps", options.compare_steps, "first steps in which losses and updates are compared")
      ->capture_default_str()
      ->group(run);
  app.add_option("--peak-size", options.peak_extent, "extent of the matrices that measure the GPU's peak")
      ->capture_default_str()
      ->group(run);

  const std::string output = "Output";
  app.add_option("--output-dir", options.output_dir, "folder for devices.csv, losses.csv and comparison.json")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(output);
  app.add_flag("--overwrite", options.overwrite, "replace these files where they are there")->group(output);
}

std::vector<Precision> parsed(const std::vector<std::string>& names) {
  std::vector<Precision> precisions;
  for (const std::string& name : names) {
    const Precision precision = value_in(kPrecisions, name, Precision::kFp32);
    const bool again = std::find(precisions.begin(), precisions.end(), precision) != precisions.end();
    if (!again) precisions.push_back(precision);
  }
  const auto fp32 = std::find(precisions.begin(), precisions.end(), Precision::kFp32);
  if (fp32 == precisions.end()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--precisions {} lacks fp32, in which all devices are compared", fmt::join(names, ",")));
  }
  std::rotate(precisions.begin(), fp32, fp32 + 1);  // first, whatever the order
  return precisions;
}

void check(const CompareOptions& options) {
  check_data_options(options);
  check_network_options(options.network);
  require_data_path(options);
  require_at_least("--threads", options.threads, 0);
  require_at_least("--epochs", options.epochs, 1);
  require_at_most("--epochs", options.epochs, 1'000'000);
  require_at_least("--compare-steps", options.compare_steps, 1);
  require_at_most("--compare-steps", options.compare_steps, 1000);  // their batches are held in memory
  require_at_least("--peak-size", options.peak_extent, 1);
  require_at_most("--peak-size", options.peak_extent, 65536);
}

}  // namespace

std::optional<CompareOptions> parse_compare_options(int argc, const char* const* argv) {
  CompareOptions options;
  std::vector<std::string> precisions;
  CLI::App app(
      "Trains ResNet-18 on the CPU and on the GPU, from the same weights on the same batches, first in fp32 and then "
      "in "
      "each device's best precision; compares their times and that they compute the same.",
      "kindling-compare-devices");
  app.set_version_flag("--version", version_text());
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_data_options(app, options);
  add_device_options(app, options, precisions);
  add_run_options(app, options);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (!precisions.empty()) options.precisions = parsed(precisions);
  check(options);
  return options;
}

}  // namespace kindling
