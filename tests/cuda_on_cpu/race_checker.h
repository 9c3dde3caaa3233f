#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/cuda_on_cpu/block_runner.h"
#include "tests/cuda_on_cpu/operation.h"
#include "tests/cuda_on_cpu/stream.h"

namespace kindling::cuda_on_cpu {

enum class AccessKind : std::uint8_t { kRead, kWrite, kAtomic };

// Finds accesses to device or shared memory that nothing orders, of which at least one writes and at least one isn't
// atomic. It compares each access with the last ones to the same bytes, and asks whether CUDA's rules order the two,
// not in which order they happened to run: so it finds a race under every schedule. What orders:
//   two operations   streams, events, host waits: the operations' vector clocks
//   two blocks       nothing
//   one block        __syncthreads; within a warp also __syncwarp (any mask counts for the whole warp)
// For each four bytes it keeps two writers and two readers, so it may miss a race among many; it does not know fences,
// so it reports the idiom where the last block, found by an atomic counter, reads what the others wrote.
class RaceChecker {
 public:
  // Kernels report their accesses only where they are compiled with -fsanitize=thread (tsan_callbacks.cc).
#ifdef KINDLING_CUDA_RACE_BUILD
  static constexpr bool kEnabled = true;
#else
  static constexpr bool kEnabled = false;
#endif

  // The operation runs now: notes its ranges, and that what follows is its.
  void begin(const Operation& operation, const Streams& streams);

  struct ThreadAccess {
    const void* data;
    std::size_t bytes;
    AccessKind kind;
    bool shared;       // memory of the block
    const void* code;  // what does it
    Place place;
  };
  void note(const ThreadAccess& access);

  // Memory that is no more; all that used it is over.
  void forget(const void* data, std::size_t bytes);

 private:
  // What is remembered of an access.
  struct Trace {
    const void* code = nullptr;
    std::uint32_t operation = 0;
    std::uint32_t block = 0;
    std::uint32_t block_phase = 0;
    std::uint32_t warp_phase = 0;
    std::uint16_t thread = 0;
    std::uint8_t bytes_mask = 0;  // which of the four; none: the slot is free
    AccessKind kind = AccessKind::kRead;

    bool same_context(const Trace& other) const {
      return operation == other.operation && block == other.block && thread == other.thread && kind == other.kind &&
             block_phase == other.block_phase && warp_phase == other.warp_phase;
    }
  };
  struct Cell {  // of four bytes
    std::array<Trace, 2> writes;
    std::array<Trace, 2> reads;
  };
  static constexpr std::size_t kCellBytes = 4;
  static constexpr std::size_t kPageCells = 1024;
  using Page = std::array<Cell, kPageCells>;

  Cell& cell(std::uintptr_t address);
  void note_bytes(std::uintptr_t address, std::size_t bytes, Trace trace, bool shared);
  void note_cell(Cell& cell, const Trace& now, bool shared) const;
  void check(const Trace& earlier, const Trace& now, bool shared) const;
  void keep(std::array<Trace, 2>& slots, const Trace& now, bool shared) const;
  bool ordered(const Trace& earlier, const Trace& now, bool shared) const;
  std::string describe(const Trace& trace) const;

  const Streams* streams_ = nullptr;
  Clock clock_;                     // of the operation that runs
  std::vector<std::string> names_;  // of the operations, by id
  std::uint32_t operation_ = 0;
  std::unordered_map<std::uintptr_t, std::unique_ptr<Page>> pages_;
  std::uintptr_t last_page_ = 0;
  Page* last_ = nullptr;
};

// An access of the running device thread, if one runs; `code` does it. Reports memory that a kernel can't touch:
// outside live allocations, or pageable memory of the host. Pinned memory it may, but races there aren't looked for.
void note_thread_access(const void* data, std::size_t bytes, AccessKind kind, const void* code);

}  // namespace kindling::cuda_on_cpu
