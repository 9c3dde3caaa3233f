// Stream capture and graphs, under every seed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "tests/cuda_on_cpu/correct_kernels.h"
#include "tests/cuda_on_cpu/device_array.h"
#include "tests/cuda_on_cpu/race_checker.h"
#include "tests/cuda_on_cpu/runtime.h"
#include "tests/cuda_on_cpu/scoped_seed.h"

namespace kindling::cuda_on_cpu {
namespace {

using testing::Each;

constexpr int kCount = 100;
constexpr std::uint64_t kSeeds = 16;

class GraphExec {
 public:
  // What `work` puts into the stream.
  GraphExec(cudaStream_t stream, const std::function<void()>& work) {
    cudaGraph_t graph = nullptr;
    check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    work();
    check_cuda(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    check_cuda(cudaGraphInstantiate(&executable_, graph, 0), "cudaGraphInstantiate");
    check_cuda(cudaGraphDestroy(graph), "cudaGraphDestroy");
  }
  ~GraphExec() { static_cast<void>(cudaGraphExecDestroy(executable_)); }
  GraphExec(const GraphExec&) = delete;
  GraphExec& operator=(const GraphExec&) = delete;

  void launch(cudaStream_t stream) const { check_cuda(cudaGraphLaunch(executable_, stream), "cudaGraphLaunch"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

TEST(Graph, CaptureRunsNothingAndEachLaunchRunsAll) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream stream;
    const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
    const DeviceArray<float> y(std::vector<float>(kCount, 0.0F));
    const GraphExec graph(stream, [&] {
      add_scaled(1, x.get(), y.get(), kCount, stream);
      add_scaled(10, x.get(), y.get(), kCount, stream);
    });
    EXPECT_THAT(y.values(), Each(0.0F));
    for (int launch = 0; launch < 3; ++launch) graph.launch(stream);
    EXPECT_THAT(y.values(), Each(33.0F)) << "seed " << seed;
  }
}

// x forks into a side stream and back: y = 2 x, z = 3 x beside it, then y += z. `waits`: join before the last sum.
std::vector<float> fork_and_join(bool waits) {
  const Stream stream;
  const Stream side;
  const Event forked;
  const Event joined;
  const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
  const DeviceArray<float> y(std::vector<float>(kCount, 0.0F));
  const DeviceArray<float> z(kCount);
  const GraphExec graph(stream, [&] {
    forked.record(stream);
    forked.block(side);
    check_cuda(cudaMemsetAsync(z.get(), 0, z.bytes(), side), "cudaMemsetAsync");
    add_scaled(3, x.get(), z.get(), kCount, side);
    joined.record(side);
    add_scaled(2, x.get(), y.get(), kCount, stream);
    if (waits) joined.block(stream);
    add_scaled(1, z.get(), y.get(), kCount, stream);
    joined.block(stream);
  });
  graph.launch(stream);
  graph.launch(stream);
  return y.values();
}

TEST(GraphDeathTest, ForkAndJoin) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    EXPECT_THAT(fork_and_join(true), Each(10.0F)) << "seed " << seed;
  }
  if (RaceChecker::kEnabled) {
    EXPECT_DEATH(fork_and_join(false), "data race in device memory");
  }
}

// What changes from launch to launch lies in memory; pinned memory may be refilled once the launch before has run.
TEST(GraphDeathTest, CopiesReadPinnedMemoryAtEachLaunch) {
  const auto run = [](bool waits) {
    const Stream stream;
    const PinnedArray<float> slot(kCount);
    const DeviceArray<float> x(kCount);
    const DeviceArray<float> sum(std::vector<float>(kCount, 0.0F));
    const GraphExec graph(stream, [&] {
      check_cuda(cudaMemcpyAsync(x.get(), slot.get(), x.bytes(), cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
      add_scaled(1, x.get(), sum.get(), kCount, stream);
    });
    for (int launch = 1; launch <= 3; ++launch) {
      for (std::size_t i = 0; i < kCount; ++i) slot[i] = static_cast<float>(launch);
      graph.launch(stream);
      if (waits) stream.synchronize();
    }
    return sum.values();
  };
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    EXPECT_THAT(run(true), Each(6.0F)) << "seed " << seed;
    EXPECT_DEATH(run(false), "the host changed byte");
  }
}

TEST(Graph, OrderedWithTheStreamAroundIt) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const ScopedSeed scope(seed);
    const Stream stream;
    const Stream other;
    const Event done;
    const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
    const DeviceArray<float> y(kCount);
    const auto graph = std::make_unique<GraphExec>(stream, [&] { add_scaled(1, x.get(), y.get(), kCount, stream); });
    check_cuda(cudaMemsetAsync(y.get(), 0, y.bytes(), stream), "cudaMemsetAsync");
    graph->launch(stream);
    done.record(stream);
    done.block(other);
    add_scaled(1, x.get(), y.get(), kCount, other);
    EXPECT_THAT(y.values(), Each(2.0F)) << "seed " << seed;
  }
}

TEST(Graph, MayBeDestroyedWhileItsLaunchIsPending) {
  const ScopedSeed late(1);
  const Stream stream;
  const DeviceArray<float> x(std::vector<float>(kCount, 1.0F));
  const DeviceArray<float> y(std::vector<float>(kCount, 0.0F));
  auto graph = std::make_unique<GraphExec>(stream, [&] { add_scaled(1, x.get(), y.get(), kCount, stream); });
  graph->launch(stream);
  graph.reset();
  EXPECT_THAT(y.values(), Each(1.0F));
}

// What breaks a capture, with the error of the call and of the capture's end.
class BrokenCapture : public testing::Test {
 protected:
  void SetUp() override { check_cuda(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal), "begin"); }
  void TearDown() override { static_cast<void>(cudaGetLastError()); }
  cudaError_t end() {
    cudaGraph_t graph = nullptr;
    return cudaStreamEndCapture(stream_, &graph);
  }
  const Stream stream_;
};

TEST_F(BrokenCapture, Synchronize) {
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(enqueue_op(stream_, "late", {}, [] {}), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
}

TEST_F(BrokenCapture, Allocation) {
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 1), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
}

TEST_F(BrokenCapture, SideStreamThatIsNotJoined) {
  const Stream side;
  const Event forked;
  forked.record(stream_);
  forked.block(side);
  EXPECT_EQ(enqueue_op(side, "lost", {}, [] {}), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(forked), cudaErrorCapturedEvent);
  EXPECT_EQ(end(), cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(enqueue_op(side, "free again", {}, [] {}), cudaSuccess);
}

TEST_F(BrokenCapture, WaitForAnEventFromOutside) {
  const Stream other;
  const Event outside;
  outside.record(other);
  EXPECT_EQ(cudaStreamWaitEvent(stream_, outside, 0), cudaErrorStreamCaptureIsolation);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
}

// The default stream doesn't wait for this stream, so it may be used meanwhile; but not to wait.
TEST_F(BrokenCapture, DefaultStream) {
  EXPECT_EQ(enqueue_op(nullptr, "beside", {}, [] {}), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(end(), cudaErrorIllegalState);
}

TEST(Graph, BlockingStreamsAndTheDefaultStreamDontMix) {
  cudaStream_t blocking = nullptr;
  cudaGraph_t graph = nullptr;
  check_cuda(cudaStreamCreate(&blocking), "cudaStreamCreate");
  check_cuda(cudaStreamBeginCapture(blocking, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
  EXPECT_EQ(enqueue_op(nullptr, "beside", {}, [] {}), cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(cudaStreamEndCapture(blocking, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cudaGetLastError(), cudaErrorStreamCaptureInvalidated);
  check_cuda(cudaStreamDestroy(blocking), "cudaStreamDestroy");
}

}  // namespace
}  // namespace kindling::cuda_on_cpu
