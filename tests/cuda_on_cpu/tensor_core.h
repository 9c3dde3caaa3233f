#pragma once

// What kernels/cuda/tensor_core.h is under g++. Lane l sums the elements of row l / 2 that lie in the half l % 2 of the
// columns, and keeps copies of the factors that it needs for that. Who reads what is not how a GPU does it, which is
// not told either: kernels that rely on it race here or read something else.

#include <cstddef>
#include <source_location>

#include "kernels/core/dtype.h"
#include "kernels/cuda/pack.h"
#include "tests/cuda_on_cpu/device_threads.h"

namespace kindling {

inline constexpr int kFragmentSide = 16;

namespace cuda_on_cpu {

inline constexpr int kLaneColumns = 8;

inline unsigned fragment_row() {
  return lane_of_thread() / 2;
}
inline unsigned first_fragment_column() {
  return lane_of_thread() % 2 * unsigned{kLaneColumns};
}

// Waits for the other lanes, which orders no memory, and reports memory that they disagree about or that is misaligned.
// Not inline: code of the race build's kernels must not build the text of a report, which the checker would watch.
void meet_for_fragment(const void* memory, std::size_t stride_bytes, const std::source_location& where);

}  // namespace cuda_on_cpu

class LeftFragment {
 public:
  void load(const bfloat16* from, unsigned stride, std::source_location where = std::source_location::current()) {
    cuda_on_cpu::meet_for_fragment(from, stride * sizeof *from, where);
    const unsigned row = cuda_on_cpu::fragment_row();
    for (unsigned d = 0; d < kFragmentSide; ++d) row_[d] = static_cast<float>(from[d * stride + row]);
  }

 private:
  friend class SumFragment;
  float row_[kFragmentSide];
};

class RightFragment {
 public:
  void load(const bfloat16* from, unsigned stride, std::source_location where = std::source_location::current()) {
    cuda_on_cpu::meet_for_fragment(from, stride * sizeof *from, where);
    const unsigned column = cuda_on_cpu::first_fragment_column();
    for (unsigned d = 0; d < kFragmentSide; ++d) {
      columns_[d] = load_as_floats<cuda_on_cpu::kLaneColumns>(from + d * stride + column, 0);
    }
  }

 private:
  friend class SumFragment;
  Pack<float, cuda_on_cpu::kLaneColumns> columns_[kFragmentSide];
};

class SumFragment {
 public:
  void add(const LeftFragment& left, const RightFragment& right,
           std::source_location where = std::source_location::current()) {
    cuda_on_cpu::shuffle(0xffffffffU, 0U, 0, where);  // waits for the other lanes
    add_products(left, right);
  }

  void store(float* to, unsigned stride, std::source_location where = std::source_location::current()) const {
    cuda_on_cpu::meet_for_fragment(to, stride * sizeof *to, where);
    const std::size_t first = cuda_on_cpu::fragment_row() * stride + cuda_on_cpu::first_fragment_column();
    for (std::size_t j = 0; j < cuda_on_cpu::kLaneColumns; ++j) to[first + j] = sums_[j];
  }

 private:
  // What a lane holds are registers: nothing to watch, and most of the time goes here.
  __attribute__((no_sanitize("address", "undefined", "thread"))) void add_products(const LeftFragment& left,
                                                                                   const RightFragment& right) {
    for (int d = 0; d < kFragmentSide; ++d) {
      for (int j = 0; j < cuda_on_cpu::kLaneColumns; ++j) sums_[j] += left.row_[d] * right.columns_[d].lane[j];
    }
  }

  float sums_[cuda_on_cpu::kLaneColumns] = {};
};

}  // namespace kindling
