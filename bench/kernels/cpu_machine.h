#pragma once

#include <unistd.h>

#include <string>

#include "bench/kernels/settings.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/machine_peak.h"

namespace kindling::bench {

// The CPU, for op_bench.h: as many threads as the process may run on (taskset restricts them), and the instruction set
// that KINDLING_ISA names.
using C = CpuContext<KINDLING_BENCH_CPU>;

constexpr double kStepSeconds = 0;  // ops have run when they return: nothing to gain from many in a row

inline C make_context(const Settings& settings) {
  return C({.conv = settings.conv});
}
inline std::string device_name(C& context) {
  return std::string(name_of(context.isa())) + ", " + std::to_string(context.threads()) + " threads";
}
inline void synchronize(C& /*context*/) {}

inline std::int64_t cache_bytes(C& /*context*/) {
  const std::int64_t found = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return found > 0 ? found : std::int64_t{32} << 20U;
}
inline double peak_gflops(C& context, const Settings& /*settings*/) {
  return kindling::peak_gflops<C::activation_t>(context.isa(), context.threads());
}
inline double copy_gbytes_per_s(C& context, const Settings& /*settings*/) {
  return kindling::copy_gbytes_per_s(context.threads());
}

}  // namespace kindling::bench
