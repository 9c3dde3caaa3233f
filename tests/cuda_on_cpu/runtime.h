#pragma once

// CUDA without a GPU
// ------------------
// This folder stands in for the CUDA runtime, so that the project's .cu files and the host code around them run on a
// machine without a GPU, under AddressSanitizer and a race checker. It is a test tool: it finds bugs, it is not fast.
//
//   device_language.h   what a .cu file includes when g++ compiles it: threadIdx, __syncthreads, launch, ...
//   api_*.cc            functions of cuda_runtime_api.h under their own names; host code links to them unchanged
//   stream.h, schedule.h  streams defer their operations until the host waits, and run them in an order that the seed
//                         KINDLING_CUDA_SEED chooses among all orders that CUDA allows
//   graph.h             stream capture: operations are kept as closures and put into streams again at each launch
//   block_runner.h      runs a kernel: blocks one by one, threads as fibers (fiber.h) that meet in barriers and warps
//   arena.h, shared_memory.h, host_memory.h  the device's memory, a block's shared memory, pinned host memory
//   race_checker.h      which accesses no event, barrier or order of a stream orders (the race build only)
//
// A wrong use of the device ends the process with a line that says what and where. So does AddressSanitizer's report.
// What remains is numbers: memory that nobody wrote holds NaN.
//
// Doubles of vendor libraries use the functions below: they check shapes and pointers at the call like the library,
// then enqueue_op() the arithmetic.

#include <driver_types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace kindling::cuda_on_cpu {

enum class Access { kRead, kWrite, kReadWrite };

// Device memory that an operation uses. A range of no bytes may be null.
struct Range {
  const void* data;
  std::size_t bytes;
  Access access;
};

// Puts `work` into the stream (or into the graph that the stream is being captured into) under the name that reports
// use. When its turn comes, each range must lie in one live device allocation, or the process ends; then `work` runs,
// on the calling thread of some later CUDA function. It may touch device memory, may not call CUDA, and must be
// repeatable: a graph replays it. Returns what the library's launch would: cudaErrorInvalidResourceHandle or
// cudaErrorStreamCaptureImplicit where the stream can't take it.
cudaError_t enqueue_op(cudaStream_t stream, const char* name, std::vector<Range> ranges, std::function<void()> work);

// Whether the bytes lie in one device allocation that is alive now.
bool in_device_memory(const void* data, std::size_t bytes);

// Fills with 0xff (NaN): what a library leaves in its workspace. For use inside `work`.
void spoil(void* data, std::size_t bytes);

// The seed of the schedule, and another one from now on; nothing may be pending.
std::uint64_t schedule_seed();
void set_schedule_seed(std::uint64_t seed);

// What cudaMalloc, cudaMallocHost, cudaStreamCreate, cudaEventCreate and cudaGraphInstantiate made and nobody
// destroyed. At exit there must be none, or the process ends with status 1.
struct LiveObjects {
  std::size_t device_allocations = 0;
  std::size_t pinned_allocations = 0;
  std::size_t streams = 0;
  std::size_t events = 0;
  std::size_t graphs = 0;  // cudaGraph_t and cudaGraphExec_t

  bool none() const { return device_allocations + pinned_allocations + streams + events + graphs == 0; }
};
LiveObjects live_objects();

}  // namespace kindling::cuda_on_cpu
