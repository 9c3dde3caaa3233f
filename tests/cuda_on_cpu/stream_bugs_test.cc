// Planted bugs in the order of operations: a missing wait is found by the race build in every schedule, and without it
// by wrong numbers in schedule 1, which runs the newest stream first and as late as it can.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/cuda_on_cpu/correct_kernels.h"
#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/race_checker.h"
#include "tests/cuda_on_cpu/runtime.h"
#include "tests/cuda_on_cpu/scoped_seed.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr int kCount = 64;

// Copies on one stream, computes on the other; `waits` is what joins them.
std::vector<float> copy_then_add(bool waits) {
  const Stream copying;
  const Stream computing;
  const Event copied;
  const PinnedArray<float> host(kCount);
  for (std::size_t i = 0; i < kCount; ++i) host[i] = 1;
  const DeviceArray<float> x(kCount);
  const DeviceArray<float> y(std::vector<float>(kCount, 1.0F));
  check_cuda(cudaMemcpyAsync(x.get(), host.get(), x.bytes(), cudaMemcpyHostToDevice, copying), "cudaMemcpyAsync");
  copied.record(copying);
  if (waits) copied.block(computing);
  add_scaled(2, x.get(), y.get(), kCount, computing);
  return y.values();
}

TEST(StreamBugsDeathTest, MissingWaitForAnEvent) {
  EXPECT_THAT(copy_then_add(true), testing::Each(3.0F));
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH(copy_then_add(false), "data race in device memory: .*cudaMemcpyAsync");
    return;
  }
  const ScopedSeed newest_first(1);
  EXPECT_TRUE(std::isnan(copy_then_add(false)[0]));
}

// cudaMemset returns before it has run, and a non-blocking stream doesn't wait for it.
TEST(StreamBugsDeathTest, DefaultStreamAndNonBlockingStream) {
  const auto run = [](bool waits) {
    const Stream stream;
    const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
    const DeviceArray<float> y(kCount);
    check_cuda(cudaMemset(y.get(), 0, y.bytes()), "cudaMemset");
    if (waits) check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    add_scaled(2, x.get(), y.get(), kCount, stream);
    return y.values();
  };
  EXPECT_THAT(run(true), testing::Each(2.0F));
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH(run(false), "data race in device memory");
    return;
  }
  const ScopedSeed newest_first(1);
  EXPECT_THAT(run(false), testing::Each(0.0F));  // filled after the sum
}

TEST(StreamBugsDeathTest, FreeOnTheWrongStream) {
  const auto run = [](bool waits) {
    const Stream using_it;
    const Stream freeing_it;
    const Event used;
    void* data = nullptr;
    check_cuda(cudaMallocAsync(&data, kCount * sizeof(float), using_it), "cudaMallocAsync");
    check_cuda(cudaMemsetAsync(data, 0, kCount * sizeof(float), using_it), "cudaMemsetAsync");
    used.record(using_it);
    if (waits) used.block(freeing_it);
    check_cuda(cudaFreeAsync(data, freeing_it), "cudaFreeAsync");
    check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  };
  run(true);
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH(run(false), "data race in device memory: write by cudaFreeAsync|doesn't lie in one live|don't lie in");
    return;
  }
  const ScopedSeed newest_first(1);
  EXPECT_DEATH(run(false), "cudaMallocAsync uses 256 bytes of device memory that don't lie in one live allocation");
}

// Found in both builds and every schedule: what a copy reads is compared with what it was at the call.
TEST(StreamBugsDeathTest, StagingBufferRefilledTooEarly) {
  const Stream stream;
  const Event copied;
  const PinnedArray<float> staging(kCount);
  const DeviceArray<float> x(kCount);
  const auto refill = [&](bool waits) {
    staging[5] = 1;
    check_cuda(cudaMemcpyAsync(x.get(), staging.get(), x.bytes(), cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
    copied.record(stream);
    if (waits) check_cuda(cudaEventSynchronize(copied), "cudaEventSynchronize");
    staging[5] = 2;
    stream.synchronize();
  };
  refill(true);
  EXPECT_DEATH(refill(false), "cudaMemcpyAsync: the host changed byte 2[0-3] of the pinned memory");
}

TEST(StreamBugs, ResultReadTooEarlyIsNan) {
  const ScopedSeed late(1);
  const Stream stream;
  const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
  const PinnedArray<float> result(kCount);
  result[0] = 7;
  check_cuda(cudaMemcpyAsync(result.get(), x.get(), x.bytes(), cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync");
  EXPECT_TRUE(std::isnan(result[0]));
  stream.synchronize();
  EXPECT_EQ(result[0], 1);
}

// Library calls race like kernels.
TEST(StreamBugsDeathTest, LibraryCallsShareAWorkspace) {
  if (!RaceChecker::kEnabled) GTEST_SKIP() << "only the race build looks for this";
  const DeviceArray<std::byte> workspace(100);
  const Stream first;
  const Stream second;
  const auto call = [&](cudaStream_t stream) {
    enqueue_op(stream, "convolution", {{workspace.get(), 100, Access::kReadWrite}}, [] {});
  };
  call(first);
  call(first);
  EXPECT_DEATH((call(second), cudaDeviceSynchronize()), "write by convolution.*write by convolution");
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
