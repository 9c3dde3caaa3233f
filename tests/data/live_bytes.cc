#include "tests/data/live_bytes.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::int64_t> live{0};  // the operators have no other place to count in
}

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);  // NOLINT(cppcoreguidelines-owning-memory)
  if (memory == nullptr) throw std::bad_alloc();
  live += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}

void operator delete(void* memory) noexcept {
  live -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);  // NOLINT(cppcoreguidelines-owning-memory)
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  operator delete(memory);
}

std::int64_t kindling::test::live_bytes() {
  return live;
}
