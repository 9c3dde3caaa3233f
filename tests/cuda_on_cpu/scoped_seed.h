#pragma once

#include <cuda_runtime_api.h>

#include "tests/cuda_on_cpu/runtime.h"

namespace kindling::cuda_on_cpu {

// Another schedule while it lives; what is pending runs before and after.
class ScopedSeed {
 public:
  explicit ScopedSeed(std::uint64_t seed) : before_(schedule_seed()) { change(seed); }
  ~ScopedSeed() { change(before_); }
  ScopedSeed(const ScopedSeed&) = delete;
  ScopedSeed& operator=(const ScopedSeed&) = delete;

 private:
  static void change(std::uint64_t seed) {
    cudaDeviceSynchronize();
    set_schedule_seed(seed);
  }
  std::uint64_t before_;
};

}  // namespace kindling::cuda_on_cpu
