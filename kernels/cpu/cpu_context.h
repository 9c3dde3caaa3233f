#pragma once

#include "kernels/context.h"
#include "kernels/conv_algorithm.h"
#include "kernels/core/host_memory.h"

namespace kindling {

struct CpuOptions {
  int threads = 0;  // 0: as many as the process may run on
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
};

// Runs ops on `threads` OpenMP threads. BLAS is told once per process to stay single-threaded: it is called from inside
// the OpenMP loops over fixed tiles, so that results don't depend on the number of threads and nothing oversubscribes.
// Throws Error(kUsage) for a convolution algorithm that the CPU doesn't have or a negative number of threads.
template <class T>
class CpuContext {
 public:
  using space = HostSpace;
  using activation_t = T;
  using param_t = float;

  explicit CpuContext(const CpuOptions& options = {});

  int threads() const { return threads_; }
  ConvAlgorithm conv_algorithm() const { return conv_; }

 private:
  int threads_;
  ConvAlgorithm conv_;
};

}  // namespace kindling
