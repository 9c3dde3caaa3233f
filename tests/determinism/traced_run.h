#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/optim/hyperparameters.h"
#include "engine/resnet18.h"

namespace kindling::test {

// What may change the bits of a training run, and below it what must not.
struct RunChoice {
  OptimizerKind optimizer = OptimizerKind::kSgd;
  NormKind norm = NormKind::kBatch;
  std::int64_t width = 4;
  std::int64_t batch_size = 16;
  std::int64_t images = 56;  // of the synthetic set; the last batch of an epoch is a short one
  std::int64_t epochs = 2;
  std::uint64_t seed = 0;
};

struct MachineChoice {
  std::int64_t workers = 0;
  std::int64_t prefetch = 2;
  int threads = 1;
};

// Trains on the CPU, with the program's own loader, trainer and step, and tells all that can be seen of the bits, one
// line each: of every batch the checksum of its pixels and labels and the exact loss; after every epoch the checksums
// of weights, running statistics and moments.
std::vector<std::string> traced_run(const RunChoice& run, const MachineChoice& machine);

// "sgd, norm batch, width 4, seed 0" and "4 workers, prefetch 2, 1 thread".
std::string describe(const RunChoice& run);
std::string describe(const MachineChoice& machine);

}  // namespace kindling::test
