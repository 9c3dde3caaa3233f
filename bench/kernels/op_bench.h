#pragma once

#include <benchmark/benchmark.h>

#include "kernels/core/clock.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/machine_peak.h"
#include "kernels/memory.h"

namespace kindling::bench {

using C = CpuContext<float>;

// The context of all benchmarks: as many threads as the process may run on (taskset restricts them), and the
// instruction set that KINDLING_ISA names.
inline C& context() {
  static C instance;
  return instance;
}

// Floats in [-1, 1), the same on every run. Values matter little, but denormals and zeros would.
class Floats {
 public:
  explicit Floats(std::int64_t size)
      : size_(size), memory_(allocate_host(static_cast<std::size_t>(size) * sizeof(float))) {
    std::uint32_t state = 1;
    for (std::int64_t i = 0; i < size; ++i) {
      state = state * 1664525U + 1013904223U;
      data()[i] = static_cast<float>(state >> 8U) * 0x1p-23F - 1.0F;
    }
  }

  float* data() const { return reinterpret_cast<float*>(memory_.get()); }
  operator HostView<float>() const { return {data(), size_}; }        // NOLINT: reads as the argument it stands for
  operator HostView<const float>() const { return {data(), size_}; }  // NOLINT
  Out<C> as(const Shape4& shape) const { return {data(), shape}; }

 private:
  std::int64_t size_;
  HostMemory memory_;
};

// Runs op() for the benchmark and returns the wall-clock seconds of one run.
template <class Op>
double run(benchmark::State& state, const Op& op) {
  op();  // the context's workspace grows here, and caches and pages get warm
  const Stopwatch watch;
  for (auto _ : state) op();
  return watch.elapsed_s() / static_cast<double>(state.iterations());
}

// GFLOP/s and the share of what the machine can do at best.
inline void count_flops(benchmark::State& state, double seconds, double flops) {
  static const double peak = peak_gflops(context().isa(), context().threads());
  state.counters["GFLOP/s"] = flops * 1e-9 / seconds;
  state.counters["of_peak"] = flops * 1e-9 / seconds / peak;
  state.counters["peak_GFLOP/s"] = peak;
}

// GB/s and the share of a plain copy's. `bytes` is what the op must read and write at least.
inline void count_bytes(benchmark::State& state, double seconds, double bytes) {
  static const double copy = copy_gbytes_per_s(context().threads());
  state.counters["GB/s"] = bytes * 1e-9 / seconds;
  state.counters["of_copy"] = bytes * 1e-9 / seconds / copy;
  state.counters["copy_GB/s"] = copy;
}

}  // namespace kindling::bench
