#include "bench/kernels/cuda/cuda_copy.h"

#include "kernels/core/clock.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/device_memory.h"

namespace kindling::bench {
namespace {

constexpr int kRepeats = 5;
constexpr int kCopies = 10;  // of one repeat: launches and the wait don't count among so many

}  // namespace

double device_copy_gbytes_per_s(cudaStream_t stream, std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  const DeviceMemory from = allocate_device(size, "source of the copy measurement");
  const DeviceMemory to = allocate_device(size, "target of the copy measurement");
  check_cuda(cudaMemsetAsync(from.get(), 1, size, stream), "cudaMemsetAsync");
  const double seconds = best_seconds(kRepeats, [&] {
    for (int i = 0; i < kCopies; ++i) {
      check_cuda(cudaMemcpyAsync(to.get(), from.get(), size, cudaMemcpyDeviceToDevice, stream), "cudaMemcpyAsync");
    }
    check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  });
  return 2.0 * static_cast<double>(bytes) * kCopies / seconds * 1e-9;
}

}  // namespace kindling::bench
