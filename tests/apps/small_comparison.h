#pragma once

#include "apps/compare_devices/options.h"

namespace kindling::test {

// A comparison that takes a moment: a narrow network, two epochs of four batches of 4 made-up images.
inline CompareOptions small_comparison() {
  CompareOptions options;
  options.dataset.kind = DatasetKind::kSynthetic;
  options.dataset.synthetic_size = 50;
  options.network.width = 2;
  options.batch_size = 4;
  options.limit_batches = 4;
  options.workers = 1;
  options.epochs = 2;
  options.compare_steps = 3;
  options.peak_extent = 16;
  return options;
}

}  // namespace kindling::test
