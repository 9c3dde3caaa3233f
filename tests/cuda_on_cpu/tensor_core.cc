#include "tests/cuda_on_cpu/tensor_core.h"

#include <cstdint>
#include <string>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {

void meet_for_fragment(const void* memory, std::size_t stride_bytes, const std::source_location& where) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uint64_t request = address ^ std::uint64_t{stride_bytes} << 48U;
  if (shuffle(0xffffffffU, request, 0, where) != request) {
    report("lanes of a warp disagree about the memory of a fragment at " + to_string(where));
  }
  if (address % 32 != 0) report("a fragment's memory is not aligned to 32 bytes at " + to_string(where));
  if (stride_bytes % 16 != 0) {
    report("a fragment's stride is " + std::to_string(stride_bytes) + " bytes, not a multiple of 16, at " +
           to_string(where));
  }
}

}  // namespace kindling::cuda_on_cpu
