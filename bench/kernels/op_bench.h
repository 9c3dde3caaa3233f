#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "bench/kernels/settings.h"
#include "engine/buffer.h"
#include "kernels/activation_layout.h"
#include "kernels/core/clock.h"
#include "kernels/step.h"
// Each names the context of its programs, C, makes it, and says what its device does at best. The value of its macro is
// the element type of activations.
#ifdef KINDLING_BENCH_CUDA
#include "bench/kernels/cuda/cuda_machine.h"
#else
#include "bench/kernels/cpu_machine.h"
#endif

namespace kindling::bench {

// What the benchmarks of a program share. main() makes it and destroys it: CUDA's objects must not live until exit.
struct Machine {
  explicit Machine(const Settings& from) : settings(from), context(make_context(from)) {}

  Settings settings;
  C context;
  std::int64_t filled_bytes = 0;  // fill()
};

inline std::unique_ptr<Machine>& machine_slot() {
  static std::unique_ptr<Machine> slot;
  return slot;
}
inline Machine& machine() {
  return *machine_slot();
}
inline C& context() {
  return machine().context;
}
inline std::int64_t images() {
  return machine().settings.batch;
}

// Fills memory of the context with the same values on every run: in [-1, 1), or in [0, 1) for what can't be negative.
// They matter little, but denormals and zeros would. All that is filled so counts as what the ops work on.
enum class Range { kSigned, kPositive };
template <class T>
void fill(View<typename C::space, T> memory, Range range = Range::kSigned) {
  std::vector<T> host(static_cast<std::size_t>(memory.size()));
  std::uint32_t state = 1;
  for (T& value : host) {
    state = state * 1664525U + 1013904223U;
    const float unit = static_cast<float>(state >> 8U) * 0x1p-24F;
    value = static_cast<T>(range == Range::kSigned ? 2 * unit - 1 : unit);
  }
  from_host<C, T>(context(), memory, host);
  machine().filled_bytes += memory.size() * static_cast<std::int64_t>(sizeof(T));
}

template <class T>
class Values {
 public:
  explicit Values(std::int64_t size, Range range = Range::kSigned) : buffer_(context(), size, "benchmark") {
    fill(buffer_.view(), range);
  }

  View<typename C::space, T> view() const { return buffer_.view(); }
  operator View<typename C::space, T>() const { return view(); }        // NOLINT: reads as the argument it stands for
  operator View<typename C::space, const T>() const { return view(); }  // NOLINT
  Out<C> as(const Shape4& shape) const {
    return Out<C>(view().data(), shape, activation_layout(context()), shape.n, shape.c);
  }

 private:
  Buffer<C, T> buffer_;
};
using Floats = Values<typename C::param_t>;
using Activations = Values<typename C::activation_t>;

// What an op works on: one Set for ever (hot: what fits the cache stays there), or with --cache cold as many in turn as
// fill the cache twice, up to a limit for ops that hardly touch memory.
template <class Set>
class Sets {
 public:
  explicit Sets(const benchmark::State& state) {
    const std::int64_t before = machine().filled_bytes;
    const std::size_t most = !machine().settings.cold ? 1 : machine().settings.tiny ? 2 : 64;
    do {
      sets_.emplace_back(state);
    } while (sets_.size() < most && machine().filled_bytes - before < 2 * cache_bytes(context()));
  }

  std::int64_t size() const { return static_cast<std::int64_t>(sets_.size()); }
  Set& in_turn(std::int64_t i) { return sets_[static_cast<std::size_t>(i % size())]; }

 private:
  std::deque<Set> sets_;  // they need not be movable
};

// Runs op(set) for the benchmark and returns the seconds of one run. A GPU gets many runs as one recorded step, as
// training does, so that neither launches nor the wait for the last are what is measured.
template <class Set, class Op>
double run(benchmark::State& state, const Op& op) {
  Sets<Set> sets(state);
  const auto seconds_of = [&](const auto& work) {
    const Stopwatch watch;
    work();
    synchronize(context());
    return watch.elapsed_s();
  };
  const auto each_set = [&] {
    for (std::int64_t i = 0; i < sets.size(); ++i) op(sets.in_turn(i));
  };
  each_set();  // workspace and plans are made here, and pages get warm
  const double once = seconds_of(each_set);
  const auto rounds = machine().settings.tiny ? 1.0 : std::clamp(kStepSeconds / once, 1.0, 100.0);
  const std::int64_t runs = static_cast<std::int64_t>(rounds) * sets.size();
  auto step = record_step(context(), [&] {
    for (std::int64_t i = 0; i < runs; ++i) op(sets.in_turn(i));
  });
  for (int i = 0; i < 2; ++i) seconds_of([&] { step.replay(); });  // as it is, and recorded
  const Stopwatch watch;
  while (state.KeepRunningBatch(runs)) seconds_of([&] { step.replay(); });
  return watch.elapsed_s() / static_cast<double>(state.iterations());
}

// GFLOP/s and the share of what the machine can do at best.
inline void count_flops(benchmark::State& state, double seconds, double flops) {
  static const double peak = peak_gflops(context(), machine().settings);
  state.counters["GFLOP/s"] = flops * 1e-9 / seconds;
  state.counters["of_peak"] = flops * 1e-9 / seconds / peak;
  state.counters["peak_GFLOP/s"] = peak;
}

// GB/s and the share of a plain copy's. `bytes` is what the op must read and write at least.
inline void count_bytes(benchmark::State& state, double seconds, double bytes) {
  static const double copy = copy_gbytes_per_s(context(), machine().settings);
  state.counters["GB/s"] = bytes * 1e-9 / seconds;
  state.counters["of_copy"] = bytes * 1e-9 / seconds / copy;
  state.counters["copy_GB/s"] = copy;
}

// Bytes of so many activation elements.
inline double activation_bytes(std::int64_t elements) {
  return static_cast<double>(elements) * sizeof(typename C::activation_t);
}

}  // namespace kindling::bench
