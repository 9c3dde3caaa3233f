#pragma once

// The state behind the CUDA functions, for this folder's own files.

#include <driver_types.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "tests/cuda_on_cpu/arena.h"
#include "tests/cuda_on_cpu/block_runner.h"
#include "tests/cuda_on_cpu/device_model.h"
#include "tests/cuda_on_cpu/graph.h"
#include "tests/cuda_on_cpu/host_memory.h"
#include "tests/cuda_on_cpu/operation.h"
#include "tests/cuda_on_cpu/race_checker.h"
#include "tests/cuda_on_cpu/report.h"
#include "tests/cuda_on_cpu/schedule.h"
#include "tests/cuda_on_cpu/stream.h"

// What a cudaEvent_t points to. Never freed, so that a use after cudaEventDestroy is seen.
struct CUevent_st {
  unsigned flags;
  bool alive = true;
  bool recorded = false;
  bool in_capture = false;
  kindling::cuda_on_cpu::Clock clock = {};                            // what the last record comes after
  std::weak_ptr<kindling::cuda_on_cpu::Capture> capture = {};         // the capture that the last record belongs to
  std::shared_ptr<double> milliseconds = std::make_shared<double>();  // when the last record ran
};

namespace kindling::cuda_on_cpu {

class State {
 public:
  State();

  // Puts an operation into the stream, or into the graph that it is being captured into.
  cudaError_t enqueue(cudaStream_t handle, Operation operation);
  // The same for a stream that isn't being captured.
  void enqueue_now(CUstream_st& stream, Operation operation, const Clock& after = {});

  // The host waits, or asks, as Streams says; copies from and to pinned memory that are over are looked at.
  void wait(const Clock& target);
  void wait_all();
  bool poll(const Clock& target);

  // For a call that no capture tolerates: breaks those under way; whether there was one.
  bool break_captures();
  // For a call that only a capture in relaxed mode tolerates, such as cudaMalloc: the same.
  bool refuses_unsafe_call();

  CUevent_st* create_event(unsigned flags);
  CUevent_st* find_event(cudaEvent_t handle);

  std::recursive_mutex mutex;  // so that a call from device code reaches its report
  Schedule schedule;
  DeviceModel device = DeviceModel::of_environment();
  Arena arena{device.memory_bytes};
  HostMemory host_memory;
  BlockRunner blocks{schedule};
  Streams streams;
  RaceChecker races;
  std::set<std::shared_ptr<Capture>> captures;
  std::unordered_map<cudaEvent_t, std::unique_ptr<CUevent_st>> events;
  std::unordered_map<cudaGraph_t, std::unique_ptr<CUgraph_st>> graphs;
  std::unordered_map<cudaGraphExec_t, std::unique_ptr<CUgraphExec_st>> executables;
  std::unordered_map<const void*, std::size_t> dynamic_shared_limits;  // by kernel; others have 48 KiB
  bool running = false;                                                // an operation's work

 private:
  void run(const Operation& operation);
  bool default_stream_is_captured() const;
};

// The one device. It is never destroyed: owners of device objects may die later than any static of ours.
State& state();

// The calling thread's last error, as cudaGetLastError knows it.
cudaError_t& last_error();

// What every CUDA function does around its own work: one at a time, none from device code, errors remembered.
template <class Body>
cudaError_t api(Body&& body) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.running) report("device work calls a CUDA function of the host");
  const cudaError_t result = std::forward<Body>(body)(s);
  if (result != cudaSuccess && result != cudaErrorNotReady) last_error() = result;
  return result;
}

}  // namespace kindling::cuda_on_cpu
