#pragma once

#include <cstdint>

#include "kernels/softmax_cross_entropy.h"

namespace kindling {

// Loss and top-1 over many images, each counted once: batches weigh as many images as they hold, so that a small last
// batch doesn't count for more than it is.
class RunningMetrics {
 public:
  RunningMetrics() = default;
  RunningMetrics(double loss_sum, std::int64_t correct, std::int64_t images)
      : total_{.loss_sum = loss_sum, .correct = correct, .images = images} {}

  void add(const BatchMetrics& batch) {
    total_.loss_sum += batch.loss_sum;
    total_.correct += batch.correct;
    total_.images += batch.images;
  }

  double loss_sum() const { return total_.loss_sum; }
  std::int64_t correct() const { return total_.correct; }
  std::int64_t images() const { return total_.images; }

  double loss() const { return images() == 0 ? 0 : total_.loss_sum / static_cast<double>(images()); }
  double top1() const { return images() == 0 ? 0 : static_cast<double>(correct()) / static_cast<double>(images()); }

  bool operator==(const RunningMetrics&) const = default;

 private:
  BatchMetrics total_;
};

}  // namespace kindling
