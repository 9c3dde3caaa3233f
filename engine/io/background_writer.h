#pragma once

#include <functional>
#include <future>

#include "kernels/core/trace_log.h"

namespace kindling {

// Writes files while its owner goes on with other work: one job at a time, each on a thread of its own. What a job
// throws is kept, and thrown to the owner once. A job's thread may outlive neither the writer, whose destructor waits
// for it, nor anything that the job refers to. The functions are the owner's thread's alone.
class BackgroundWriter {
 public:
  using Job = std::function<void()>;

  // `lane`: a trace of when it writes, or null.
  explicit BackgroundWriter(TraceLane* lane = nullptr) : lane_(lane) {}

  // Waits for the job before; throws what that threw, and starts nothing then.
  void start(const Job& job);
  // Until no job is under way; throws what the last one threw.
  void wait();
  // Throws what a job threw that has ended already; doesn't wait.
  void rethrow_failure();

 private:
  TraceLane* lane_;
  std::future<void> job_;  // of std::async: its destructor waits
};

}  // namespace kindling
