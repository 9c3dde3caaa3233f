// What correct programs get from streams and events, under every seed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "kernels/core/error.h"
#include "tests/cuda_on_cpu/correct_kernels.h"
#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/runtime.h"
#include "tests/cuda_on_cpu/scoped_seed.h"

namespace kindling::cuda_on_cpu {
namespace {

using testing::Each;

constexpr int kCount = 100;
constexpr std::uint64_t kSeeds = 16;

// Two slots of pinned memory, a copy stream and a compute stream that hand them to one another: what the trainer does.
TEST(Streams, DoubleBufferedPipeline) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream copying;
    const Stream computing;
    const PinnedArray<float> slots[2] = {PinnedArray<float>(kCount), PinnedArray<float>(kCount)};
    const DeviceArray<float> inputs[2] = {DeviceArray<float>(kCount), DeviceArray<float>(kCount)};
    const Event copied[2];
    const Event used[2];
    const DeviceArray<float> sum(std::vector<float>(kCount, 0.0F));
    for (std::size_t step = 0; step < 10; ++step) {
      const std::size_t slot = step % 2;
      check_cuda(cudaEventSynchronize(copied[slot]), "cudaEventSynchronize");  // the slot may be refilled
      for (std::size_t i = 0; i < kCount; ++i) slots[slot][i] = static_cast<float>(step);
      used[slot].block(copying);
      check_cuda(
          cudaMemcpyAsync(inputs[slot].get(), slots[slot].get(), slots[slot].bytes(), cudaMemcpyHostToDevice, copying),
          "cudaMemcpyAsync");
      copied[slot].record(copying);
      copied[slot].block(computing);
      add_scaled(1, inputs[slot].get(), sum.get(), kCount, computing);
      used[slot].record(computing);
    }
    EXPECT_THAT(sum.values(), Each(45.0F)) << "seed " << seed;
  }
}

TEST(Streams, DefaultStreamWaitsForBlockingStreams) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    cudaStream_t blocking = nullptr;
    check_cuda(cudaStreamCreate(&blocking), "cudaStreamCreate");
    const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
    const DeviceArray<float> y(kCount);
    check_cuda(cudaMemset(y.get(), 0, y.bytes()), "cudaMemset");
    add_scaled(2, x.get(), y.get(), kCount, blocking);
    add_scaled(3, x.get(), y.get(), kCount, nullptr);
    add_scaled(4, x.get(), y.get(), kCount, blocking);
    std::vector<float> result(kCount);
    check_cuda(cudaMemcpy(result.data(), y.get(), y.bytes(), cudaMemcpyDeviceToHost), "cudaMemcpy");
    EXPECT_THAT(result, Each(9.0F)) << "seed " << seed;
    check_cuda(cudaStreamDestroy(blocking), "cudaStreamDestroy");
  }
}

// The call reads pageable memory at once, so the host may change it then.
TEST(Streams, PageableSourceMayChangeAfterTheCall) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream stream;
    std::vector<float> host(kCount, 1.0F);
    const DeviceArray<float> x(kCount);
    check_cuda(cudaMemcpyAsync(x.get(), host.data(), x.bytes(), cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
    host.assign(kCount, 2.0F);
    EXPECT_THAT(x.values(), Each(1.0F)) << "seed " << seed;
  }
}

// The same pinned memory as target and source of copies that the stream orders.
TEST(Streams, PinnedMemoryThereAndBack) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream stream;
    const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
    const DeviceArray<float> y(std::vector<float>(kCount, 0.0F));
    const PinnedArray<float> between(kCount);
    const auto copy = [&](void* to, const void* from, cudaMemcpyKind kind) {
      check_cuda(cudaMemcpyAsync(to, from, x.bytes(), kind, stream), "cudaMemcpyAsync");
    };
    copy(between.get(), x.get(), cudaMemcpyDeviceToHost);
    copy(y.get(), between.get(), cudaMemcpyHostToDevice);
    check_cuda(cudaMemsetAsync(x.get(), 0, x.bytes(), stream), "cudaMemsetAsync");
    copy(between.get(), x.get(), cudaMemcpyDeviceToHost);
    EXPECT_THAT(y.values(), Each(1.0F)) << "seed " << seed;
    EXPECT_EQ(between[0], 0) << "seed " << seed;
  }
}

TEST(Streams, NothingRunsBeforeSomebodyWaits) {
  const ScopedSeed late(1);
  const Stream stream;
  bool ran = false;
  ASSERT_EQ(enqueue_op(stream, "mark", {}, [&ran] { ran = true; }), cudaSuccess);
  EXPECT_FALSE(ran);
  stream.synchronize();
  EXPECT_TRUE(ran);
}

// Two streams without a wait between them run in either order; a waiting loop comes to an end under each seed.
TEST(Streams, SeedsGiveDifferentOrders) {
  bool seen[2] = {false, false};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream first;
    const Stream second;
    const Event done;
    std::vector<int> order;
    enqueue_op(first, "first", {}, [&order] { order.push_back(0); });
    enqueue_op(second, "second", {}, [&order] { order.push_back(1); });
    done.record(first);
    while (cudaEventQuery(done) == cudaErrorNotReady) {
    }
    second.synchronize();
    ASSERT_EQ(order.size(), 2U);
    seen[order[0]] = true;
  }
  EXPECT_TRUE(seen[0] && seen[1]);
}

TEST(Streams, EventsKeepTime) {
  const Stream stream;
  const Event start;
  const Event end;
  float milliseconds = -1;
  EXPECT_EQ(cudaEventQuery(start), cudaSuccess);  // never recorded
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorInvalidResourceHandle);
  start.record(stream);
  end.record(stream);
  {
    const ScopedSeed late(1);  // waits for both
  }
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaSuccess);
  EXPECT_GE(milliseconds, 0);
}

TEST(Streams, HandlesThatAreNoMore) {
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(event, nullptr), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(enqueue_op(stream, "nothing", {}, [] {}), cudaErrorInvalidResourceHandle);
}

TEST(Streams, KernelsOutsideTheDevicesLimits) {
  const DeviceArray<float> x(2048);
  const DeviceArray<float> y(2048);
  const Stream stream;
  EXPECT_THROW(reverse_blocks(x.get(), y.get(), 2048, 2048, stream), Error);  // threads in a block
  EXPECT_THROW(add_scaled(1, x.get(), y.get(), 0, stream), Error);            // no block
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
