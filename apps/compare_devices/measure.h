#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "apps/compare_devices/model.h"
#include "apps/compare_devices/options.h"
#include "apps/compare_devices/result.h"
#include "apps/train/data_feed.h"
#include "apps/train/progress.h"

namespace kindling {

inline ModelOptions model_options(const CompareOptions& options) {
  return {.network = options.network, .batch_size = options.batch_size, .seed = options.seed};
}

// Keeps the times of each epoch and the losses of the first steps, and shows how the run goes.
class MeasuringObserver : public TrainingObserver {
 public:
  // `memory_mb`: what the run takes at this moment, asked after each epoch.
  MeasuringObserver(const CompareOptions& options, std::function<double()> memory_mb)
      : losses_wanted_(options.compare_steps), memory_mb_(std::move(memory_mb)), display_(options.epochs) {}

  void batch_finished(const BatchReport& report, const TrainingState& state) override {
    if (state.step <= losses_wanted_) measurement_.first_losses.push_back(report.metrics.mean_loss());
    display_.batch_finished(report);
  }
  void epoch_finished(const EpochReport& report, const TrainingState& /*state*/) override {
    measurement_.epochs.push_back(
        {.data_s = report.seconds.data, .compute_s = report.seconds.compute, .total_s = report.seconds.wall});
    measurement_.images_per_epoch = report.train.images();
    measurement_.peak_memory_mb = std::max(measurement_.peak_memory_mb, memory_mb_());
    display_.epoch_finished(report);
  }
  void evaluation_progressed(std::int64_t /*batches_done*/, std::int64_t /*batches*/) override {}
  bool stop_requested() override { return false; }
  bool evaluation_stop_requested() override { return false; }

  const Measurement& measurement() const { return measurement_; }
  ProgressDisplay& display() { return display_; }

 private:
  std::int64_t losses_wanted_;
  std::function<double()> memory_mb_;
  ProgressDisplay display_;
  Measurement measurement_;
};

// Trains for options.epochs, as kindling-train would. Leaves the names of device and precision and the device's peak to
// the caller.
template <class C>
Measurement measure_training(C& context, const CompareOptions& options, std::function<double()> memory_mb) {
  Model<C> model(context, model_options(options));
  DataFeed<C> train(context, options, Split::kTrain);
  MeasuringObserver observer(options, std::move(memory_mb));
  try {
    model.train({}, train.feed(), {.epochs = options.epochs, .sync_timing = options.sync_timing}, observer);
  } catch (...) {
    observer.display().clear();
    throw;
  }
  Measurement measurement = observer.measurement();
  measurement.flops_per_image = model.flops_per_image();
  return measurement;
}

}  // namespace kindling
