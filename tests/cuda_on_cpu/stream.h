#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/cuda_on_cpu/clock.h"
#include "tests/cuda_on_cpu/operation.h"
#include "tests/cuda_on_cpu/schedule.h"

namespace kindling::cuda_on_cpu {
class Capture;
}

// What a cudaStream_t points to. Never freed, so that a use after cudaStreamDestroy is seen.
struct CUstream_st {
  std::size_t index;
  unsigned flags;
  bool alive = true;
  kindling::cuda_on_cpu::Clock clock = {};                       // what the stream's next operation comes after
  std::deque<kindling::cuda_on_cpu::Operation> queue = {};       // not yet run, oldest first
  std::shared_ptr<kindling::cuda_on_cpu::Capture> capture = {};  // set while the stream is being captured
  std::size_t capture_lane = 0;
};

namespace kindling::cuda_on_cpu {

// Whether the stream and the default stream wait for one another.
bool blocking(const CUstream_st& stream);

// All streams, and what has run. An operation that enters a stream gets a vector clock of all that CUDA orders before
// it: the stream's earlier operations, those that the stream waits for through events, those that the host has waited
// for, and what the default stream's rules add. It may run as soon as those have; which of the operations that may run
// is next, and how late, the schedule decides.
class Streams {
 public:
  using Run = std::function<void(const Operation&)>;

  Streams(Schedule& schedule, Run run);

  // The stream that a handle means (null: the default stream), or nullptr if it is no live stream's.
  CUstream_st* find(cudaStream_t handle);
  CUstream_st* create(unsigned flags);
  CUstream_st* create_hidden();  // one that no handle means
  std::size_t live() const;

  // Appends to the stream. `after`: further operations that must have run before. Returns the clock that comes after
  // it.
  const Clock& enqueue(CUstream_st& stream, Operation operation, const Clock& after = {});

  // A stream's clock, with what the default stream's rules add to it.
  Clock tail(const CUstream_st& stream) const;

  // The host waits: runs operations until all that `target` covers have run.
  void wait(const Clock& target);
  void wait_all();
  // Runs everything, for a call that happens to wait but doesn't promise it: the host is not after it.
  void finish();
  // The host asks: lets the device do a little, then says whether that has run. If so, the host comes after it.
  bool poll(const Clock& target);

  // What the host has waited for.
  const Clock& host() const { return host_; }
  bool has_run(const Clock& target) const { return completed_.covers(target); }
  bool idle() const;

  struct Position {
    std::size_t stream;
    std::uint32_t count;
  };
  // Where an operation stands in its stream.
  Position position(std::uint32_t id) const { return positions_[id]; }

 private:
  bool run_one();

  Schedule& schedule_;
  Run run_;
  std::vector<std::unique_ptr<CUstream_st>> streams_;
  std::vector<Position> positions_;
  Clock completed_;
  Clock host_;
};

}  // namespace kindling::cuda_on_cpu
