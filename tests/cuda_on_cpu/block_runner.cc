#include "tests/cuda_on_cpu/block_runner.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "tests/cuda_on_cpu/device_index.h"
#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

uint3 unflatten(std::uint64_t index, const dim3& size) {
  const std::uint64_t row = index / size.x;
  return {static_cast<unsigned>(index % size.x), static_cast<unsigned>(row % size.y),
          static_cast<unsigned>(row / size.y)};
}

std::string to_string(const uint3& index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
}

std::uint64_t volume(const dim3& size) {
  return std::uint64_t{size.x} * size.y * size.z;
}

// Of each OS thread: whether it runs a kernel.
thread_local bool on_device = false;

}  // namespace

void BlockRunner::run(const KernelLaunch& launch) {
  launch_ = &launch;
  on_device = true;
  device_index.grid_size = launch.grid;
  device_index.block_size = launch.block;
  shared_.begin_kernel(launch.shared_bytes);
  const std::uint64_t blocks = volume(launch.grid);
  const Order order = schedule_.order(blocks);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    block_ = static_cast<std::uint32_t>(order[i]);
    device_index.block = unflatten(block_, launch.grid);
    run_block();
  }
  shared_.end_kernel();
  on_device = false;
  launch_ = nullptr;
}

void BlockRunner::run_block() {
  const auto size = static_cast<std::uint32_t>(volume(launch_->block));
  shared_.begin_block();
  threads_.assign(size, Thread{});
  warps_.assign((size + Warp::kLanes - 1) / Warp::kLanes, Warp{});
  started_ = finished_ = in_barrier_ = votes_ = block_phase_ = 0;
  order_ = schedule_.order(size);
  while (finished_ < size) {
    if (!ready_.empty()) {
      const auto chosen = ready_.begin() + static_cast<std::ptrdiff_t>(schedule_.pick(ready_.size()));
      const std::uint32_t thread = *chosen;
      ready_.erase(chosen);
      enter(thread);
      threads_[thread].fiber->resume();
    } else if (started_ < size) {
      idle_fiber().resume();
    } else {
      report_deadlock();
    }
    current_ = nullptr;
  }
}

// On a fiber: threads that nobody has begun, until none is left.
void BlockRunner::run_fresh_threads() {
  Fiber* const fiber = idle_.back();
  idle_.pop_back();
  while (started_ < threads_.size()) {
    const auto thread = static_cast<std::uint32_t>(order_[started_++]);
    enter(thread);
    threads_[thread].fiber = fiber;
    launch_->thread(launch_->kernel, launch_->arguments.get());
    threads_[thread].state = State::kFinished;
    ++finished_;
  }
  idle_.push_back(fiber);
}

void BlockRunner::enter(std::uint32_t thread) {
  current_ = &threads_[thread];
  device_index.thread = unflatten(thread, launch_->block);
}

void BlockRunner::wait_in(State state) {
  current_->state = state;
  current_->fiber->suspend();
}

void BlockRunner::wake(std::uint32_t thread) {
  threads_[thread].state = State::kReady;
  ready_.push_back(thread);
}

std::uint32_t BlockRunner::block_barrier(bool predicate, const std::source_location& where) {
  if (in_barrier_ == 0) barrier_where_ = where;
  if (where.line() != barrier_where_.line() || std::string_view(where.file_name()) != barrier_where_.file_name()) {
    report("divergent __syncthreads in " + kernel_name() + ": " + cuda_on_cpu::to_string(barrier_where_) + " and " +
           cuda_on_cpu::to_string(where));
  }
  votes_ += predicate ? 1 : 0;
  if (++in_barrier_ < threads_.size()) {
    wait_in(State::kInBarrier);
  } else {
    release_barrier();
  }
  return barrier_result_;
}

void BlockRunner::release_barrier() {
  barrier_result_ = std::exchange(votes_, 0);
  in_barrier_ = 0;
  ++block_phase_;
  for (Warp& warp : warps_) warp.block_barrier();
  for (std::uint32_t thread = 0; thread < threads_.size(); ++thread) {
    if (threads_[thread].state == State::kInBarrier) wake(thread);
  }
}

std::uint64_t BlockRunner::warp_exchange(const WarpRequest& request) {
  const auto thread = static_cast<std::uint32_t>(current_ - threads_.data());
  const std::uint32_t lane = thread % Warp::kLanes;
  Warp& warp = warps_[thread / Warp::kLanes];
  const std::uint32_t released = warp.arrive(lane, request);
  if (released == 0) wait_in(State::kInWarp);
  for (std::uint32_t other = 0; other < Warp::kLanes; ++other) {
    if ((released >> other & 1U) != 0 && other != lane) wake(thread - lane + other);
  }
  return warp.result(lane);
}

bool BlockRunner::owns(const void* data) const {
  const auto* arguments = static_cast<const std::byte*>(launch_->arguments.get());
  return current_->fiber->owns(data) || (data >= arguments && data < arguments + launch_->argument_bytes);
}

bool BlockRunner::running() const {
  return on_device && current_ != nullptr;
}

Place BlockRunner::place() const {
  const auto thread = static_cast<std::uint32_t>(current_ - threads_.data());
  return {block_, thread, block_phase_, warps_[thread / Warp::kLanes].phase()};
}

Fiber& BlockRunner::idle_fiber() {
  if (idle_.empty()) {
    const auto loop = [](void* self) {
      for (auto* runner = static_cast<BlockRunner*>(self);;) {
        Fiber* fiber = runner->idle_.back();
        runner->run_fresh_threads();
        fiber->suspend();
      }
    };
    fibers_.push_back(std::make_unique<Fiber>(loop, this));
    idle_.push_back(fibers_.back().get());
  }
  return *idle_.back();
}

std::string BlockRunner::kernel_name() const {
  return source_of(launch_->kernel);
}

std::string BlockRunner::describe(std::uint32_t thread) const {
  if (threads_[thread].state == State::kInBarrier) {
    return "waits in __syncthreads at " + cuda_on_cpu::to_string(barrier_where_);
  }
  if (const auto& request = warps_[thread / Warp::kLanes].waiting(thread % Warp::kLanes)) {
    return "waits in " + cuda_on_cpu::to_string(*request);
  }
  return "has left the kernel";
}

void BlockRunner::report_deadlock() const {
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> groups;  // what they do: the first thread, how many
  for (std::uint32_t thread = 0; thread < threads_.size(); ++thread) {
    ++groups.try_emplace(describe(thread), thread, 0).first->second.second;
  }
  std::string text = "deadlock in " + kernel_name() + ", block " + to_string(device_index.block);
  for (const auto& [what, group] : groups) {
    text += "\n  thread " + to_string(unflatten(group.first, launch_->block)) + " and " +
            std::to_string(group.second - 1) + " others: " + what;
  }
  report(text);
}

}  // namespace kindling::cuda_on_cpu
