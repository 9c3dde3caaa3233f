#pragma once

#include <atomic>
#include <cstdint>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace kindling {

// Calls body(item, thread) once for every item in [0, items), on up to `threads` threads, thread in [0, threads). Items
// must be independent and must not throw; what an item computes may not depend on `thread` but through the choice of
// its scratch memory. So results are the same for any number of threads. Threads take items as they become free: on a
// shared machine a slow core then does less. Without OpenMP the items run in order on the calling thread.
//
// How idle OpenMP threads wait is a setting of the process, not of this library: apps/idle_threads.h.
template <class Body>
void parallel_for(int threads, std::int64_t items, const Body& body) {
#ifdef _OPENMP
  if (threads > 1 && items > 1) {
    // As schedule(dynamic, 1), for which LLVM's OpenMP runtime allocates memory in every loop.
    std::atomic<std::int64_t> next{0};
#pragma omp parallel num_threads(threads)
    {
      const int thread = omp_get_thread_num();
      while (true) {
        const std::int64_t item = next.fetch_add(1, std::memory_order_relaxed);
        if (item >= items) break;
        body(item, thread);
      }
    }
    return;
  }
#endif
  static_cast<void>(threads);
  for (std::int64_t item = 0; item < items; ++item) body(item, 0);
}

// A fixed cut of [0, total) into tiles of `size`; the cut never depends on the number of threads.
struct Tiles {
  std::int64_t total;
  std::int64_t size;

  std::int64_t count() const { return (total + size - 1) / size; }
  std::int64_t begin(std::int64_t tile) const { return tile * size; }
  std::int64_t length(std::int64_t tile) const {
    const std::int64_t left = total - begin(tile);
    return left < size ? left : size;
  }
};

// How many rows of `columns` floats make a tile of about `floats`.
inline std::int64_t rows_of_tile(std::int64_t floats, std::int64_t columns) {
  return columns < floats ? floats / (columns < 1 ? 1 : columns) : 1;
}

}  // namespace kindling
