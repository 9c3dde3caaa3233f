#include "kernels/cpu/machine_peak.h"

#include <cmath>
#include <cstring>
#include <vector>

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

// Bf16Products on the same operands again and again.
constexpr std::int64_t kProductDepth = 128;
constexpr std::int64_t kProducts = 512;  // in a call
constexpr std::int64_t kProductCalls = 64;

double best_product_gflops(Isa isa, int threads) {
  struct alignas(64) Operands {
    bfloat16 a[kBf16TileRows * kProductDepth];
    bfloat16 b[kProductDepth * kBf16TileColumns];
    float sums[kBf16TileRows * kBf16TileColumns];
  };
  std::vector<Operands> operands(static_cast<std::size_t>(threads));  // zeros
  const std::vector<TilePair> pairs(kProducts, TilePair{0, 0});
  const Bf16Products& products = bf16_products(isa);
  const double seconds = best_seconds(kRepeats, [&] {
    parallel_for(threads, threads, [&](std::int64_t item, int /*thread*/) {
      Operands& own = operands[static_cast<std::size_t>(item)];
      products.open(kBf16TileRows);
      for (std::int64_t call = 0; call < kProductCalls; ++call) {
        products.multiply({.a = own.a,
                           .a_step = 0,
                           .a_row_stride = kProductDepth,
                           .b = own.b,
                           .b_step = 0,
                           .pairs = pairs.data(),
                           .count = kProducts,
                           .depth = kProductDepth,
                           .rows = kBf16TileRows,
                           .columns = kBf16TileColumns,
                           .sums = own.sums,
                           .add = false});
      }
      products.close();
    });
  });
  const double flops = 2.0 * kBf16TileRows * kBf16TileColumns * kProductDepth * kProducts * kProductCalls;
  return threads * flops / seconds * 1e-9;
}

double best_multiply_add_gflops(Isa isa, int threads) {
  const SimdKernels& simd = simd_kernels(isa);
  const double seconds = best_seconds(kRepeats, [&] {
    parallel_for(threads, threads, [&](std::int64_t /*item*/, int /*thread*/) {
      if (!std::isfinite(simd.peak_loop(kSteps))) std::terminate();  // uses the result, so that the loop must run
    });
  });
  return static_cast<double>(threads * kSteps * simd.peak_loop_flops) / seconds * 1e-9;
}

}  // namespace

template <>
double peak_gflops<float>(Isa isa, int threads) {
  return best_multiply_add_gflops(isa, threads);
}
template <>
double peak_gflops<bfloat16>(Isa isa, int threads) {
  return best_product_gflops(isa, threads);
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
