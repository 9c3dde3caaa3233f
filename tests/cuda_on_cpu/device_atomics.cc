#include "tests/cuda_on_cpu/device_atomics.h"

#include <algorithm>

#include "tests/cuda_on_cpu/race_checker.h"

namespace {

template <class T, class Update>
T update(T* address, const void* caller, Update&& new_value) {
  kindling::cuda_on_cpu::note_thread_access(address, sizeof(T), kindling::cuda_on_cpu::AccessKind::kAtomic, caller);
  const T old = *address;
  *address = new_value(old);
  return old;
}

}  // namespace

#define KINDLING_ATOMIC(T, name, expression)                                           \
  T name(T* address, T value) {                                                        \
    return update(address, __builtin_return_address(0),                                \
                  [=]([[maybe_unused]] T old) { return static_cast<T>(expression); }); \
  }

KINDLING_ATOMIC(float, atomicAdd, old + value)
KINDLING_ATOMIC(double, atomicAdd, old + value)
KINDLING_ATOMIC(int, atomicAdd, static_cast<unsigned>(old) + static_cast<unsigned>(value))
KINDLING_ATOMIC(unsigned, atomicAdd, old + value)
KINDLING_ATOMIC(unsigned long long, atomicAdd, old + value)

KINDLING_ATOMIC(int, atomicMax, std::max(old, value))
KINDLING_ATOMIC(unsigned, atomicMax, std::max(old, value))
KINDLING_ATOMIC(int, atomicMin, std::min(old, value))
KINDLING_ATOMIC(unsigned, atomicMin, std::min(old, value))
KINDLING_ATOMIC(int, atomicOr, old | value)
KINDLING_ATOMIC(unsigned, atomicOr, old | value)
KINDLING_ATOMIC(unsigned, atomicInc, old >= value ? 0 : old + 1)

KINDLING_ATOMIC(int, atomicExch, value)
KINDLING_ATOMIC(unsigned, atomicExch, value)
KINDLING_ATOMIC(float, atomicExch, value)

#undef KINDLING_ATOMIC
#define KINDLING_CAS(T)                                                                                       \
  T atomicCAS(T* address, T compare, T value) {                                                               \
    return update(address, __builtin_return_address(0), [=](T old) { return old == compare ? value : old; }); \
  }

KINDLING_CAS(int)
KINDLING_CAS(unsigned)
KINDLING_CAS(unsigned long long)

#undef KINDLING_CAS
