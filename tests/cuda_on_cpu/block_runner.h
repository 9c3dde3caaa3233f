#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "tests/cuda_on_cpu/fiber.h"
#include "tests/cuda_on_cpu/kernel_launch.h"
#include "tests/cuda_on_cpu/schedule.h"
#include "tests/cuda_on_cpu/shared_memory.h"
#include "tests/cuda_on_cpu/warp.h"

namespace kindling::cuda_on_cpu {

// Where a device thread stands, as far as it orders memory accesses within a kernel.
struct Place {
  std::uint32_t block;
  std::uint32_t thread;
  std::uint32_t block_phase;  // __syncthreads so far
  std::uint32_t warp_phase;   // __syncwarp since then
};

// Runs kernels, one block after the other and one thread at a time. Threads that never wait run back to back on one
// fiber; a thread that waits keeps its fiber and the next one takes another. When nobody can go on, the block has a
// deadlock, and every waiting thread can say where it waits.
class BlockRunner {
 public:
  explicit BlockRunner(Schedule& schedule) : schedule_(schedule) {}

  void run(const KernelLaunch& launch);

  // For device threads:
  bool running() const;               // whether the caller is one
  bool owns(const void* data) const;  // on its stack or among its arguments
  Place place() const;
  SharedMemory& shared() { return shared_; }
  // Waits for the whole block; returns for how many threads `predicate` held.
  std::uint32_t block_barrier(bool predicate, const std::source_location& where);
  // Waits for the lanes of the mask; returns what the operation gives this lane.
  std::uint64_t warp_exchange(const WarpRequest& request);

 private:
  enum class State { kFresh, kReady, kInBarrier, kInWarp, kFinished };
  struct Thread {
    State state = State::kFresh;
    Fiber* fiber = nullptr;
  };

  void run_block();
  void run_fresh_threads();
  void enter(std::uint32_t thread);
  void wait_in(State state);
  void wake(std::uint32_t thread);
  void release_barrier();
  Fiber& idle_fiber();
  [[noreturn]] void report_deadlock() const;
  std::string describe(std::uint32_t thread) const;
  std::string kernel_name() const;

  Schedule& schedule_;
  SharedMemory shared_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;

  const KernelLaunch* launch_ = nullptr;
  std::uint32_t block_ = 0;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<std::uint32_t> ready_;
  std::uint32_t started_ = 0;
  std::uint32_t finished_ = 0;
  Order order_{0, 1, 0};
  Thread* current_ = nullptr;

  std::source_location barrier_where_;
  std::uint32_t in_barrier_ = 0;
  std::uint32_t votes_ = 0;
  std::uint32_t barrier_result_ = 0;
  std::uint32_t block_phase_ = 0;
};

}  // namespace kindling::cuda_on_cpu
