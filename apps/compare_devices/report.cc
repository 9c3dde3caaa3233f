#include "apps/compare_devices/report.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace kindling {
namespace {

// Times of one row: an epoch, or a mean over some.
struct Row {
  std::string screen_name;  // "1", "1 to 5"
  std::string file_name;    // "1", "all"
  bool is_mean = false;
  EpochTimes times;
  EpochTimes baseline;  // the CPU's in the same epochs
};

// "1", or "1 to 5".
std::string epochs_text(std::size_t first, std::size_t last) {
  return first == last ? fmt::format("{}", first) : fmt::format("{} to {}", first, last);
}

std::vector<Row> rows_of(const Measurement& measurement, const Measurement& baseline) {
  const std::size_t epochs = measurement.epochs.size();
  std::vector<Row> rows;
  for (std::size_t i = 0; i < epochs; ++i) {
    const std::string number = fmt::format("{}", i + 1);
    rows.push_back({number, number, false, measurement.epochs[i], baseline.epochs[i]});
  }
  rows.push_back({epochs_text(1, epochs), "all", true, mean_of_all(measurement), mean_of_all(baseline)});
  if (const std::optional<EpochTimes> times = mean_without_first(measurement)) {
    rows.push_back({epochs_text(2, epochs), "without_first", true, *times, *mean_without_first(baseline)});
  }
  return rows;
}

// As many decimals as leave about four digits.
std::string short_number(double value) {
  if (value < 10) return fmt::format("{:.3f}", value);
  return value < 100 ? fmt::format("{:.2f}", value) : fmt::format("{:.1f}", value);
}

std::string name_of(const Measurement& measurement) {
  return fmt::format("{} {}", measurement.device, name_of(measurement.precision));
}

using Text = fmt::memory_buffer;

template <class... Arguments>
void add(Text& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

void add_rule(Text& text) {
  add(text, "{:-<98}\n", "");
}

void add_times(Text& text, const Comparison& comparison) {
  add(text, "{:<6} {:<9} {:<7} {:>10} {:>10} {:>10} {:>11} {:>9} {:>8} {:>9}\n", "device", "precision", "epoch",
      "data s", "compute s", "total s", "images/s", "TFLOP/s", "of peak", "speed-up");
  for (const Measurement& measurement : comparison.measurements) {
    add_rule(text);
    const bool is_baseline = &measurement == &comparison.measurements.front();
    bool is_first = true;
    for (const Row& row : rows_of(measurement, comparison.measurements.front())) {
      add(text, "{:<6} {:<9} {:<7} {:>10.3f} {:>10.3f} {:>10.3f} {:>11.1f} {:>9} {:>6.1f} % {:>9}\n",
          is_first || row.is_mean ? measurement.device : "",
          is_first || row.is_mean ? name_of(measurement.precision) : "", row.screen_name, row.times.data_s,
          row.times.compute_s, row.times.total_s, images_per_s(measurement, row.times),
          short_number(flops_per_s(measurement, row.times) * 1e-12), 100 * share_of_peak(measurement, row.times),
          is_baseline ? "-" : short_number(speed_up(row.baseline, row.times)));
      is_first = false;
    }
  }
  add_rule(text);
  add(text,
      "data: the trainer's wait for the loader. compute: forward to optimizer. total: wall time of the\n"
      "epoch's training, from which all that follows comes; on a GPU data and compute may overlap.\n"
      "of peak: TFLOP/s as a share of the device's measured peak. speed-up: over {} in those epochs.\n",
      name_of(comparison.measurements.front()));
}

const char* measured_as(const Measurement& measurement) {
  if (measurement.device != "cpu") return "a large cuBLAS matrix product";
  return measurement.precision == Precision::kBf16 ? "products from the L1 cache" : "multiply-adds from registers";
}

void add_devices(Text& text, const Comparison& comparison) {
  add(text, "\n{:<6} {:<9} {:>12}  {:<31} {:>13}  {}\n", "device", "precision", "peak TFLOP/s", "measured as",
      "memory MiB", "of");
  add_rule(text);
  for (const Measurement& measurement : comparison.measurements) {
    const bool is_cpu = measurement.device == "cpu";
    add(text, "{:<6} {:<9} {:>12}  {:<31} {:>13.1f}  {}\n", measurement.device, name_of(measurement.precision),
        short_number(measurement.peak_flops_per_s * 1e-12), measured_as(measurement), measurement.peak_memory_mb,
        is_cpu ? "the process's, so far" : "device memory taken");
  }
}

std::string free_columns(const Agreement& agreement, std::size_t step) {
  if (step >= agreement.free_cpu_losses.size() || step >= agreement.free_losses.size()) return "";
  const double cpu_loss = agreement.free_cpu_losses[step];
  const double loss = agreement.free_losses[step];
  return fmt::format("{:>12.6f} {:>12.6f} {:>10.1e}", cpu_loss, loss, std::abs(loss - cpu_loss));
}

void add_agreement(Text& text, const Agreement& agreement) {
  const std::string name = fmt::format("{} {}", agreement.device, name_of(agreement.precision));
  add(text, "\n{:^6} {:^52}   {:^36}\n", "", "each step from the CPU's state", "left alone, as measured");
  add(text, "{:<6} {:>12} {:>12} {:>10} {:>15}   {:>12} {:>12} {:>10}\n", "step", "cpu fp32", name, "differs by",
      "update by", "cpu fp32", name, "differs by");
  add_rule(text);
  for (std::size_t i = 0; i < agreement.steps.size(); ++i) {
    const StepComparison& step = agreement.steps[i];
    add(text, "{:<6} {:>12.6f} {:>12.6f} {:>10.1e} {:>13.1e} {}   {}\n", i + 1, step.cpu_loss, step.loss,
        std::abs(step.loss - step.cpu_loss), step.update_difference, is_within(agreement.bounds, step) ? " " : "!",
        free_columns(agreement, i));
  }
  add_rule(text);
  const StepBounds& bounds = agreement.bounds;
  const std::string loss_bound = bounds.relative_loss > 0 ? fmt::format("{:g} of the loss", bounds.relative_loss)
                                                          : fmt::format("{:g}", bounds.loss);
  add(text,
      "{}: {} computes {} the CPU computes{}\n"
      "bounds: loss {} (and of the first left alone), update {:g} by norms; ! is beyond\n"
      "Left alone, rounding grows chaotically from step to step.\n",
      agrees(agreement) ? "PASS" : "FAIL", name, agrees(agreement) ? "what" : "something else than",
      agreement.device == "cpu" ? " in fp32" : "", loss_bound, bounds.update);
}

void add_speed_up(Text& text, const Measurement& measurement, const Measurement& baseline) {
  add(text, "{} over {}: {} times as fast, {} without the first epoch\n", name_of(measurement), name_of(baseline),
      short_number(speed_up(mean_of_all(baseline), mean_of_all(measurement))),
      measurement.epochs.size() < 2
          ? "unknown"
          : short_number(speed_up(*mean_without_first(baseline), *mean_without_first(measurement))));
}

// The GPU beside the CPU in the same precision, where it isn't the baseline's.
void add_like_for_like(Text& text, const Comparison& comparison) {
  for (const Measurement& cpu : comparison.measurements) {
    if (cpu.device != "cpu" || cpu.precision == comparison.measurements.front().precision) continue;
    for (const Measurement& other : comparison.measurements) {
      if (other.device != "cpu" && other.precision == cpu.precision) add_speed_up(text, other, cpu);
    }
  }
}

std::string csv_row(const Measurement& measurement, const Row& row) {
  return fmt::format("{},{},{},{},{:.6f},{:.6f},{:.6f},{:.3f},{:.6g},{:.6g},{:.6g},{:.6g},{:.1f}\n", measurement.device,
                     name_of(measurement.precision), row.file_name, measurement.images_per_epoch, row.times.data_s,
                     row.times.compute_s, row.times.total_s, images_per_s(measurement, row.times),
                     flops_per_s(measurement, row.times) * 1e-12, share_of_peak(measurement, row.times),
                     speed_up(row.baseline, row.times), measurement.peak_flops_per_s * 1e-12,
                     measurement.peak_memory_mb);
}

}  // namespace

std::string to_text(const Comparison& comparison) {
  Text text;
  add(text, "\n");
  add_times(text, comparison);
  add_devices(text, comparison);
  for (const Agreement& agreement : comparison.agreements) add_agreement(text, agreement);
  if (comparison.measurements.size() > 1) add(text, "\n");
  for (std::size_t i = 1; i < comparison.measurements.size(); ++i) {
    add_speed_up(text, comparison.measurements[i], comparison.measurements.front());
  }
  add_like_for_like(text, comparison);
  return fmt::to_string(text);
}

std::string devices_csv(const Comparison& comparison) {
  std::string csv =
      "device,precision,epoch,images,data_s,compute_s,total_s,images_per_s,tflops,share_of_peak,speed_up,peak_tflops,"
      "peak_memory_mb\n";
  for (const Measurement& measurement : comparison.measurements) {
    for (const Row& row : rows_of(measurement, comparison.measurements.front())) csv += csv_row(measurement, row);
  }
  return csv;
}

std::string losses_csv(const Comparison& comparison) {
  std::string csv =
      "device,precision,step,cpu_loss,loss,difference,loss_bound,update_difference,update_bound,is_within,"
      "free_cpu_loss,free_loss,free_difference\n";
  for (const Agreement& agreement : comparison.agreements) {
    for (std::size_t i = 0; i < agreement.steps.size(); ++i) {
      const StepComparison& step = agreement.steps[i];
      csv += fmt::format("{},{},{},{:.9g},{:.9g},{:.3g},{:.3g},{:.3g},{:.3g},{},", agreement.device,
                         name_of(agreement.precision), i + 1, step.cpu_loss, step.loss,
                         std::abs(step.loss - step.cpu_loss), loss_bound(agreement.bounds, step.cpu_loss),
                         step.update_difference, agreement.bounds.update,
                         is_within(agreement.bounds, step) ? "yes" : "no");
      const bool has_free = i < agreement.free_cpu_losses.size() && i < agreement.free_losses.size();
      csv += has_free ? fmt::format("{:.9g},{:.9g},{:.3g}\n", agreement.free_cpu_losses[i], agreement.free_losses[i],
                                    std::abs(agreement.free_losses[i] - agreement.free_cpu_losses[i]))
                      : ",,\n";
    }
  }
  return csv;
}

}  // namespace kindling
