#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "apps/compare_devices/cpu_side.h"
#include "apps/compare_devices/cuda_side.h"
#include "apps/compare_devices/measure.h"
#include "apps/compare_devices/report.h"
#include "apps/compare_devices/result_files.h"
#include "apps/idle_threads.h"
#include "apps/program.h"
#include "apps/screen.h"
#include "apps/version.h"
#include "engine/io/run_record.h"

namespace kindling {
namespace {

using Cpu = CpuContext<float>;

// What there is to measure on this machine.
struct Devices {
  std::string cpu;
  std::vector<Precision> cpu_precisions;
  std::string cuda;         // empty: no GPU
  std::string why_no_cuda;  // then
  std::vector<Precision> cuda_precisions;
};

Devices find_devices(Cpu& cpu, const CompareOptions& options) {
  Devices devices;
  devices.cpu =
      fmt::format("{}, {}, {} threads", host_facts().at("cpu").get<std::string>(), name_of(cpu.isa()), cpu.threads());
  std::copy_if(options.precisions.begin(), options.precisions.end(), std::back_inserter(devices.cpu_precisions),
               cpu_has);
  devices.why_no_cuda = why_no_cuda_side();
  if (!devices.why_no_cuda.empty()) {
    if (options.require_cuda) throw Error(ErrorCode::kDevice, fmt::format("--require-cuda: {}", devices.why_no_cuda));
    return devices;
  }
  devices.cuda = describe_cuda();
  std::copy_if(options.precisions.begin(), options.precisions.end(), std::back_inserter(devices.cuda_precisions),
               cuda_has);
  return devices;
}

std::string names_of(const std::vector<Precision>& precisions) {
  std::string names;
  for (const Precision precision : precisions) names += (names.empty() ? "" : ", ") + std::string(name_of(precision));
  return names;
}

void print_header(const CompareOptions& options, const Devices& devices, std::int64_t batches) {
  say("{}\n", version_text());
  say("model   ResNet-18, width {}, norm {}; SGD lr 0.1, momentum 0.9, weight decay 5e-4\n", options.network.width,
      name_of(options.network.norm));
  say("data    {}; {} epochs of {} batches of {}, no evaluation; {} workers, prefetch {}; seed {}\n",
      name_of(options.dataset.kind), options.epochs, batches, options.batch_size, options.workers, options.prefetch,
      options.seed);
  say("asked   {}, on every device that has it\n", names_of(options.precisions));
  say("cpu     {}: {}\n", devices.cpu, names_of(devices.cpu_precisions));
  if (devices.cuda.empty()) {
    say("cuda    no GPU to compare with: {}; only the CPU is measured\n", devices.why_no_cuda);
  } else {
    say("cuda    {}: {}\n", devices.cuda, names_of(devices.cuda_precisions));
  }
  std::fflush(stdout);
}

void announce(const char* device, Precision precision) {
  say("\n{} {}\n", device, name_of(precision));
  std::fflush(stdout);
}

// Compares the first steps with the CPU's in fp32, which was measured before, and measures.
void measure_beside(Cpu& cpu, const CompareOptions& options, const std::string& device, Precision precision,
                    const std::vector<HostBatch>& batches, Comparison& comparison) {
  announce(device.c_str(), precision);
  say("comparing the first {} steps\n", batches.size());
  std::fflush(stdout);
  const bool is_cpu = device == "cpu";
  Agreement agreement{.device = device,
                      .precision = precision,
                      .bounds = step_bounds(precision),
                      .steps = is_cpu ? compare_cpu_steps_in_bf16(cpu, options, batches)
                                      : compare_cuda_steps(cpu, options, precision, batches)};
  comparison.measurements.push_back(is_cpu ? measure_cpu(options, precision) : measure_cuda(options, precision));
  agreement.free_cpu_losses = comparison.measurements.front().first_losses;
  agreement.free_losses = comparison.measurements.back().first_losses;
  comparison.agreements.push_back(std::move(agreement));
}

// 0, or after a line on stderr kInternal: two backends that compute different things are a bug.
int status_of(const Comparison& comparison) {
  int status = 0;
  for (const Agreement& agreement : comparison.agreements) {
    if (agrees(agreement)) continue;
    status = static_cast<int>(ErrorCode::kInternal);
    const std::string line =
        fmt::format("kindling-compare-devices: {} {} doesn't compute what the CPU computes in fp32\n", agreement.device,
                    name_of(agreement.precision));
    std::fputs(line.c_str(), stderr);
  }
  return status;
}

int run(int argc, const char* const* argv) {
  std::optional<CompareOptions> options = parse_compare_options(argc, argv);
  if (!options) return 0;
  Cpu cpu({.threads = options->threads});
  options->threads = cpu.threads();
  const Devices devices = find_devices(cpu, *options);
  std::vector<HostBatch> batches;
  {
    DataFeed<Cpu> train(cpu, *options, Split::kTrain);
    batches = first_batches(train.feed(), options->compare_steps);
    print_header(*options, devices, train.loader.batches_per_epoch());
  }
  ResultFiles files(*options);
  files.write_record(devices.cpu, devices.cuda);

  // The CPU first: its peak memory is the process's, in which CUDA takes some too.
  Comparison comparison;
  announce("cpu", Precision::kFp32);
  comparison.measurements.push_back(measure_cpu(*options, Precision::kFp32));
  files.write(comparison);
  for (const Precision precision : devices.cpu_precisions) {
    if (precision == Precision::kFp32) continue;
    measure_beside(cpu, *options, "cpu", precision, batches, comparison);
    files.write(comparison);
  }
  for (const Precision precision : devices.cuda_precisions) {
    measure_beside(cpu, *options, "cuda", precision, batches, comparison);
    files.write(comparison);
  }
  say("{}", to_text(comparison));
  say("\nwritten: {}\n", options->output_dir.string());
  std::fflush(stdout);
  return status_of(comparison);
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  kindling::begin_with_short_spinning(argv);
  return kindling::run_program("kindling-compare-devices", [&] { return kindling::run(argc, argv); });
}
