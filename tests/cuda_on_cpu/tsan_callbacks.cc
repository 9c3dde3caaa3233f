// What a compiler calls from code that it compiles with -fsanitize=thread. The race build links these in place of
// ThreadSanitizer's library, which would see one OS thread and therefore no race.

#include <cstddef>
#include <cstdint>

#include "tests/cuda_on_cpu/race_checker.h"

using kindling::cuda_on_cpu::AccessKind;
using kindling::cuda_on_cpu::note_thread_access;

#define KINDLING_CALLBACK(name, bytes, kind)                                        \
  void name(void* data) {                                                           \
    note_thread_access(data, bytes, AccessKind::kind, __builtin_return_address(0)); \
  }
#define KINDLING_CALLBACKS(bytes)                               \
  KINDLING_CALLBACK(__tsan_read##bytes, bytes, kRead)           \
  KINDLING_CALLBACK(__tsan_write##bytes, bytes, kWrite)         \
  KINDLING_CALLBACK(__tsan_unaligned_read##bytes, bytes, kRead) \
  KINDLING_CALLBACK(__tsan_unaligned_write##bytes, bytes, kWrite)

extern "C" {

KINDLING_CALLBACKS(1)
KINDLING_CALLBACKS(2)
KINDLING_CALLBACKS(4)
KINDLING_CALLBACKS(8)
KINDLING_CALLBACKS(16)

void __tsan_read_range(void* data, std::size_t bytes) {
  note_thread_access(data, bytes, AccessKind::kRead, __builtin_return_address(0));
}
void __tsan_write_range(void* data, std::size_t bytes) {
  note_thread_access(data, bytes, AccessKind::kWrite, __builtin_return_address(0));
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}

}  // extern "C"

// Atomics of the host code in a .cu file (reference counts, guards of statics); kernels use CUDA's atomic functions.
#define KINDLING_ATOMICS(bits)                                                                                       \
  extern "C" {                                                                                                       \
  std::uint##bits##_t __tsan_atomic##bits##_load(const volatile std::uint##bits##_t* data, int) {                    \
    return __atomic_load_n(data, __ATOMIC_SEQ_CST);                                                                  \
  }                                                                                                                  \
  void __tsan_atomic##bits##_store(volatile std::uint##bits##_t* data, std::uint##bits##_t value, int) {             \
    __atomic_store_n(data, value, __ATOMIC_SEQ_CST);                                                                 \
  }                                                                                                                  \
  std::uint##bits##_t __tsan_atomic##bits##_exchange(volatile std::uint##bits##_t* data, std::uint##bits##_t value,  \
                                                     int) {                                                          \
    return __atomic_exchange_n(data, value, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                                  \
  std::uint##bits##_t __tsan_atomic##bits##_fetch_add(volatile std::uint##bits##_t* data, std::uint##bits##_t value, \
                                                      int) {                                                         \
    return __atomic_fetch_add(data, value, __ATOMIC_SEQ_CST);                                                        \
  }                                                                                                                  \
  std::uint##bits##_t __tsan_atomic##bits##_fetch_sub(volatile std::uint##bits##_t* data, std::uint##bits##_t value, \
                                                      int) {                                                         \
    return __atomic_fetch_sub(data, value, __ATOMIC_SEQ_CST);                                                        \
  }                                                                                                                  \
  }

KINDLING_ATOMICS(8)
KINDLING_ATOMICS(32)
KINDLING_ATOMICS(64)
