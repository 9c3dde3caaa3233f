#include "tests/cuda_on_cpu/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define KINDLING_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KINDLING_ASAN 1
#endif
#endif
#ifdef KINDLING_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#if !defined(__x86_64__) || !defined(__linux__)
#error "fibers: the stack switch is written for Linux on x86-64; another architecture needs its own"
#endif

// kindling_switch_stack(void** from, void* to): keeps what the System V ABI wants kept, stores the stack pointer in
// *from, goes on with the stack `to`. A new stack holds six zeros and kindling_enter_fiber, which finds the fiber in
// r12.
asm(R"(
.text
.globl kindling_switch_stack
.type kindling_switch_stack, @function
kindling_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size kindling_switch_stack, .-kindling_switch_stack

.globl kindling_enter_fiber
.type kindling_enter_fiber, @function
kindling_enter_fiber:
  movq %r12, %rdi
  xorl %ebp, %ebp
  call kindling_start_fiber@PLT
  ud2
.size kindling_enter_fiber, .-kindling_enter_fiber
)");

extern "C" {
void kindling_switch_stack(void** from, void* to);
void kindling_enter_fiber();
void kindling_start_fiber(kindling::cuda_on_cpu::Fiber* fiber);
}

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;  // AddressSanitizer's frames are large
constexpr std::size_t kGuardBytes = 4096;
constexpr std::size_t kSavedRegisters = 6;

void* map_stack() {
  void* mapping = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED || mprotect(mapping, kGuardBytes, PROT_NONE) != 0) throw std::bad_alloc();
  return mapping;
}

void leave_stack([[maybe_unused]] void** keep, [[maybe_unused]] const void* to, [[maybe_unused]] std::size_t bytes) {
#ifdef KINDLING_ASAN
  __sanitizer_start_switch_fiber(keep, to, bytes);
#endif
}

void arrive_on_stack([[maybe_unused]] void* kept, [[maybe_unused]] const void** from,
                     [[maybe_unused]] std::size_t* bytes) {
#ifdef KINDLING_ASAN
  __sanitizer_finish_switch_fiber(kept, from, bytes);
#endif
}

}  // namespace

Fiber::Fiber(Entry entry, void* argument)
    : entry_(entry), argument_(argument), mapping_(static_cast<char*>(map_stack())) {
  // From the top: two zeros that end backtraces and align the call, where to start, the registers.
  void** top = reinterpret_cast<void**>(mapping_ + kGuardBytes + kStackBytes) - 3;
  top[0] = reinterpret_cast<void*>(&kindling_enter_fiber);
  void** registers = top - kSavedRegisters;  // in the order of the pops: r15 r14 r13 r12 rbx rbp
  registers[3] = this;
  saved_ = registers;
}

Fiber::~Fiber() {
  munmap(mapping_, kGuardBytes + kStackBytes);
}

void Fiber::resume() {
  void* fake_stack = nullptr;
  leave_stack(&fake_stack, mapping_ + kGuardBytes, kStackBytes);
  kindling_switch_stack(&caller_, saved_);
  arrive_on_stack(fake_stack, nullptr, nullptr);
}

void Fiber::suspend() {
  leave_stack(&fake_stack_, caller_bottom_, caller_bytes_);
  kindling_switch_stack(&saved_, caller_);
  arrived();
}

bool Fiber::owns(const void* data) const {
  return data >= mapping_ && data < mapping_ + kGuardBytes + kStackBytes;
}

void Fiber::arrived() {
  arrive_on_stack(fake_stack_, &caller_bottom_, &caller_bytes_);
}

void Fiber::run() {
  arrived();
  entry_(argument_);
  std::abort();
}

}  // namespace kindling::cuda_on_cpu

extern "C" void kindling_start_fiber(kindling::cuda_on_cpu::Fiber* fiber) {
  fiber->run();
}
