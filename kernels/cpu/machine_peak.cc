#include "kernels/cpu/machine_peak.h"

#include <cmath>
#include <cstring>

#include "kernels/core/clock.h"
#include "kernels/core/error.h"
#include "kernels/core/host_memory.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {
namespace {

constexpr int kRepeats = 8;
constexpr std::int64_t kSteps = 4'000'000;
constexpr std::int64_t kCopyBytes = std::int64_t{128} << 20U;
constexpr std::int64_t kCopyTileBytes = std::int64_t{1} << 20U;

}  // namespace

double peak_gflops(Isa isa, int threads) {
  const SimdKernels& simd = simd_kernels(isa);
  const double seconds = best_seconds(kRepeats, [&] {
    parallel_for(threads, threads, [&](std::int64_t /*item*/, int /*thread*/) {
      if (!std::isfinite(simd.peak_loop(kSteps))) std::terminate();  // uses the result, so that the loop must run
    });
  });
  return static_cast<double>(threads * kSteps * simd.peak_loop_flops) / seconds * 1e-9;
}

double copy_gbytes_per_s(int threads) {
  const HostMemory from = allocate_host(kCopyBytes);
  const HostMemory to = allocate_host(kCopyBytes);
  const Tiles tiles{kCopyBytes, kCopyTileBytes};
  const double seconds = best_seconds(kRepeats, [&] {
    parallel_for(threads, tiles.count(), [&](std::int64_t tile, int /*thread*/) {
      std::memcpy(to.get() + tiles.begin(tile), from.get() + tiles.begin(tile),
                  static_cast<std::size_t>(tiles.length(tile)));
    });
  });
  return 2.0 * static_cast<double>(kCopyBytes) / seconds * 1e-9;
}

}  // namespace kindling
