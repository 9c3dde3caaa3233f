#pragma once

// Threads as a .cu file under g++ sees them: threadIdx and its like, barriers, votes and shuffles, under CUDA's names
// and with CUDA's meaning. Each wait takes the caller's file and line, for the reports.

#include <vector_types.h>

#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "tests/cuda_on_cpu/device_index.h"
#include "tests/cuda_on_cpu/warp.h"

namespace kindling::cuda_on_cpu {

std::uint32_t block_barrier(bool predicate, const std::source_location& where);
std::uint64_t warp_exchange(const WarpRequest& request);
std::uint32_t lane_of_thread();

// The value that lane `source` has for `value`.
template <class T>
T shuffle(unsigned mask, T value, std::uint32_t source, const std::source_location& where) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = warp_exchange({WarpOperation::kShuffle, mask, bits, source, where});
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The first lane of the caller's group of `width` lanes.
inline std::int64_t first_lane(int width) {
  return lane_of_thread() / static_cast<std::uint32_t>(width) * width;
}

// The lane `wanted` if it is one of `first` to `last`, else the caller's own.
inline std::uint32_t lane_between(std::int64_t first, std::int64_t last, std::int64_t wanted) {
  return wanted >= first && wanted <= last ? static_cast<std::uint32_t>(wanted) : lane_of_thread();
}

}  // namespace kindling::cuda_on_cpu

// References, so that a kernel can't assign to them.
inline const uint3& threadIdx = kindling::cuda_on_cpu::device_index.thread;
inline const uint3& blockIdx = kindling::cuda_on_cpu::device_index.block;
inline const dim3& blockDim = kindling::cuda_on_cpu::device_index.block_size;
inline const dim3& gridDim = kindling::cuda_on_cpu::device_index.grid_size;
inline constexpr int warpSize = 32;  // NOLINT: CUDA's name

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  kindling::cuda_on_cpu::block_barrier(false, where);
}
inline int __syncthreads_count(int predicate, std::source_location where = std::source_location::current()) {
  return static_cast<int>(kindling::cuda_on_cpu::block_barrier(predicate != 0, where));
}
inline int __syncthreads_or(int predicate, std::source_location where = std::source_location::current()) {
  return kindling::cuda_on_cpu::block_barrier(predicate != 0, where) != 0 ? 1 : 0;
}
inline int __syncthreads_and(int predicate, std::source_location where = std::source_location::current()) {
  return kindling::cuda_on_cpu::block_barrier(predicate == 0, where) == 0 ? 1 : 0;
}

inline void __syncwarp(unsigned mask = 0xffffffffU, std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  warp_exchange({.operation = WarpOperation::kSync, .mask = mask, .where = where});
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  const std::uint64_t vote = predicate != 0 ? 1 : 0;
  return static_cast<unsigned>(
      warp_exchange({.operation = WarpOperation::kBallot, .mask = mask, .value = vote, .where = where}));
}
inline int __any_sync(unsigned mask, int predicate, std::source_location where = std::source_location::current()) {
  return __ballot_sync(mask, predicate, where) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, std::source_location where = std::source_location::current()) {
  return __ballot_sync(mask, predicate, where) == mask ? 1 : 0;
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  return shuffle(mask, value, static_cast<std::uint32_t>(first_lane(width) + (source & (width - 1))), where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                 std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  const std::int64_t own = lane_of_thread();
  return shuffle(mask, value, lane_between(first_lane(width), own, own - delta), where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  const std::int64_t own = lane_of_thread();
  return shuffle(mask, value, lane_between(own, first_lane(width) + width - 1, own + delta), where);
}
// Lanes of lower groups may be read, of higher ones not (CUDA programming guide, warp shuffle functions).
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize,
                  std::source_location where = std::source_location::current()) {
  using namespace kindling::cuda_on_cpu;
  const std::int64_t own = lane_of_thread();
  return shuffle(mask, value, lane_between(0, first_lane(width) + width - 1, own ^ lane_mask), where);
}
