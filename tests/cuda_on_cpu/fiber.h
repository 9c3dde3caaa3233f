#pragma once

#include <cstddef>

namespace kindling::cuda_on_cpu {

// A stack of its own on which `entry` runs until it suspends, on the caller's OS thread. `entry` must never return.
// Switching is 20 lines of assembly, because ucontext makes a system call each time and a block switches twice for
// every thread and barrier. AddressSanitizer is told of every switch.
class Fiber {
 public:
  using Entry = void (*)(void*);

  Fiber(Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();   // called off the fiber: runs it until it suspends
  void suspend();  // called on the fiber: returns in resume()

  bool owns(const void* data) const;  // on this stack

  [[noreturn]] void run();  // what the new stack begins with; for the assembly only

 private:
  void arrived();

  Entry entry_;
  void* argument_;
  char* mapping_;               // a guard page, then the stack
  void* saved_ = nullptr;       // stack pointer of the fiber while it is suspended
  void* caller_ = nullptr;      // stack pointer of resume()'s caller meanwhile
  void* fake_stack_ = nullptr;  // what AddressSanitizer keeps for a suspended stack
  const void* caller_bottom_ = nullptr;
  std::size_t caller_bytes_ = 0;
};

}  // namespace kindling::cuda_on_cpu
