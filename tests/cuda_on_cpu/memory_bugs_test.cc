// Planted bugs in the use of memory: each must end the process, or leave NaN where a number was wanted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/cuda_on_cpu/correct_kernels.h"
#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/planted_kernels.h"
#include "tests/cuda_on_cpu/race_checker.h"
#include "tests/cuda_on_cpu/runtime.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr const char* kOutside =
    RaceChecker::kEnabled ? "outside live allocations: .*planted_kernels.cu" : "use-after-poison.*planted_kernels.cu";

// What only AddressSanitizer or UBSan see.
#define SKIP_IN_RACE_BUILD() \
  if (RaceChecker::kEnabled) GTEST_SKIP() << "the race build doesn't look for this"

TEST(MemoryBugsDeathTest, WriteToThePlacePastAnAllocation) {
  const Stream stream;
  for (const int n : {1, 63, 64, 1000}) {  // the end is guarded to the byte
    const DeviceArray<float> y(static_cast<std::size_t>(n));
    EXPECT_DEATH((write_past_end(y.get(), n, stream), stream.synchronize()), kOutside);
  }
}

TEST(MemoryBugsDeathTest, WriteToThePlacePastASharedArray) {
  SKIP_IN_RACE_BUILD();
  const Stream stream;
  const DeviceArray<float> y(64);
  for (const bool dynamic : {false, true}) {
    EXPECT_DEATH((write_past_shared(y.get(), dynamic, stream), stream.synchronize()),
                 "heap-buffer-overflow.*planted_kernels.cu");
  }
}

TEST(MemoryBugsDeathTest, UseAfterFree) {
  const Stream stream;
  DeviceArray<float> y(64);
  float* const freed = y.get();
  y.free();
  const DeviceArray<float> other(64);  // would be at the same place, if addresses were used again
  EXPECT_DEATH((write_past_end(freed, 10, stream), stream.synchronize()), kOutside);
}

TEST(MemoryBugsDeathTest, HostReadsDeviceMemory) {
  const DeviceArray<float> y(std::vector<float>{1});
  EXPECT_DEATH(std::exit(static_cast<int>(*static_cast<volatile float*>(y.get()))),
               RaceChecker::kEnabled ? "" : "SEGV");
}

TEST(MemoryBugs, KernelsMayReadPinnedMemory) {
  const Stream stream;
  const PinnedArray<float> x(10);
  for (std::size_t i = 0; i < 10; ++i) x[i] = 1;
  const DeviceArray<float> y(std::vector<float>(10, 1.0F));
  add_scaled(1, x.get(), y.get(), 10, stream);
  EXPECT_THAT(y.values(), testing::Each(2.0F));
}

// Works on a CPU, not on a GPU.
TEST(MemoryBugsDeathTest, KernelReadsPageableMemory) {
  if (!RaceChecker::kEnabled) GTEST_SKIP() << "only the race build looks for this";
  const Stream stream;
  const std::vector<float> x(10, 1.0F);
  const DeviceArray<float> y(std::vector<float>(10, 1.0F));
  EXPECT_DEATH((add_scaled(1, x.data(), y.get(), 10, stream), stream.synchronize()),
               "a kernel touches pageable memory of the host: .*add_scaled_kernel.*correct_kernels.cu");
}

TEST(MemoryBugsDeathTest, MisalignedVectorRead) {
  SKIP_IN_RACE_BUILD();
  const Stream stream;
  const DeviceArray<float> x(std::vector<float>(8));
  const DeviceArray<float> y(1);
  EXPECT_DEATH((read_misaligned(x.get(), y.get(), stream), stream.synchronize()), "misaligned address");
}

TEST(MemoryBugs, UninitialisedDeviceMemoryIsNan) {
  EXPECT_TRUE(std::isnan(DeviceArray<float>(1).values()[0]));
  EXPECT_TRUE(std::isnan(DeviceArray<double>(1).values()[0]));
}

TEST(MemoryBugs, UninitialisedSharedMemoryIsNanInEveryBlock) {
  const Stream stream;
  const DeviceArray<float> y(2);
  read_uninitialised_shared(y.get(), stream);
  for (const float value : y.values()) EXPECT_TRUE(std::isnan(value));
}

TEST(MemoryBugsDeathTest, TooMuchStaticSharedMemory) {
  const Stream stream;
  const DeviceArray<float> y(1);
  EXPECT_DEATH((too_much_static_shared(y.get(), stream), stream.synchronize()), "static shared memory of 53248 bytes");
}

TEST(MemoryBugs, CopiesThatDontFitAreRefused) {
  const DeviceArray<float> x(4);
  const PinnedArray<float> pinned(4);
  std::vector<float> host(8);
  const auto copy = [](void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    const cudaError_t result = cudaMemcpy(to, from, bytes, kind);
    EXPECT_EQ(cudaMemcpyAsync(to, from, bytes, kind, nullptr), result);
    return result;
  };
  EXPECT_EQ(copy(x.get(), host.data(), 16, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(copy(x.get(), host.data(), 20, cudaMemcpyHostToDevice), cudaErrorInvalidValue);      // too long
  EXPECT_EQ(copy(x.get() + 1, host.data(), 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);  // begins too late
  EXPECT_EQ(copy(host.data(), x.get(), 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);      // the other way round
  EXPECT_EQ(copy(pinned.get() + 1, x.get(), 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(copy(pinned.get(), x.get(), 16, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaMemset(x.get() + 1, 0, 16), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(x.get() + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

TEST(MemoryBugs, TheDeviceCanBeFull) {
  void* data = nullptr;
  std::size_t free = 0;
  std::size_t total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&data, free + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST(MemoryBugsDeathTest, LeakAtExit) {
  const auto leak = [] {
    void* data = nullptr;
    cudaMalloc(&data, 4);
    std::exit(0);
  };
  EXPECT_EXIT(leak(), testing::ExitedWithCode(1), "at exit there are 1 device allocations");
}

// A library call that is told of less workspace than it touches, and one whose workspace is gone when its turn comes.
TEST(MemoryBugsDeathTest, LibraryCallOutsideAnAllocation) {
  const Stream stream;
  const DeviceArray<std::byte> workspace(100);
  const auto call = [&](const void* data, std::size_t bytes) {
    enqueue_op(stream, "convolution", {{data, bytes, Access::kReadWrite}}, [] {});
    stream.synchronize();
  };
  call(workspace.get(), 100);
  call(nullptr, 0);
  EXPECT_DEATH(call(workspace.get(), 104), "convolution uses 104 bytes of device memory that don't lie in one live");
  EXPECT_DEATH(call(workspace.get() + 4, 97), "convolution uses 97 bytes");
  std::vector<std::byte> host(100);
  EXPECT_DEATH(call(host.data(), 100), "convolution uses 100 bytes");
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
