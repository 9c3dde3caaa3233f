#include "tests/cuda_on_cpu/arena.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <cstring>
#include <new>

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kRedZoneBytes = 4096;
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr int kUninitialised = 0xff;

std::size_t round_up(std::size_t value, std::size_t to) {
  return (value + to - 1) / to * to;
}

}  // namespace

Arena::Arena(std::size_t device_bytes) : device_bytes_(device_bytes) {
  void* base =
      mmap(nullptr, kAddressBytes + kHugePageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(base);
  mapping_ = static_cast<char*>(base);
  base_ = mapping_ + (round_up(address, kHugePageBytes) - address);
  // Opening and closing walks all pages in use: with huge ones that is quick. Where there are none it is only slower.
  madvise(base_, kAddressBytes, MADV_HUGEPAGE);
  unused_ = base_;
}

Arena::~Arena() {
  munmap(mapping_, kAddressBytes + kHugePageBytes);
}

void* Arena::allocate(std::size_t bytes) {
  if (bytes > device_bytes_ - live_bytes_) return nullptr;
  const std::size_t span = round_up(bytes, kAlignment) + kRedZoneBytes;
  if (span > static_cast<std::size_t>(base_ + kAddressBytes - unused_)) return nullptr;
  char* data = unused_;
  unused_ += span;
  ASAN_POISON_MEMORY_REGION(data, span);
  ASAN_UNPOISON_MEMORY_REGION(data, bytes);
  sizes_[reinterpret_cast<std::uintptr_t>(data)] = bytes;
  live_bytes_ += bytes;
  const ArenaAccess access(*this);
  std::memset(data, kUninitialised, bytes);
  return data;
}

std::size_t Arena::size(const void* data) const {
  const auto found = sizes_.find(reinterpret_cast<std::uintptr_t>(data));
  return found == sizes_.end() ? 0 : found->second;
}

std::size_t Arena::release(void* data) {
  const std::size_t bytes = size(data);
  if (bytes == 0) return 0;
  ASAN_POISON_MEMORY_REGION(data, bytes);
  // The pages that this allocation has for itself go back to the system; their addresses stay taken.
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  char* const first = static_cast<char*>(data) + (round_up(address, kPageBytes) - address);
  char* const last = static_cast<char*>(data) + bytes;
  if (last - first >= static_cast<std::ptrdiff_t>(kPageBytes)) {
    madvise(first, static_cast<std::size_t>(last - first) / kPageBytes * kPageBytes, MADV_DONTNEED);
  }
  live_bytes_ -= bytes;
  sizes_.erase(address);
  return bytes;
}

bool Arena::holds(const void* data, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  auto next = sizes_.upper_bound(address);
  if (next == sizes_.begin()) return false;
  const auto& [first, size] = *std::prev(next);
  return address - first <= size && bytes <= size - (address - first);
}

// Only from the first live allocation on, because the kernel walks all pages of the range, and a test allocates and
// frees many times.
void Arena::open() {
  if (sizes_.empty()) return;
  const std::size_t first = sizes_.begin()->first - reinterpret_cast<std::uintptr_t>(base_);
  opened_ = base_ + first / kHugePageBytes * kHugePageBytes;
  protect(PROT_READ | PROT_WRITE);
}

void Arena::close() {
  if (opened_ != nullptr) protect(PROT_NONE);
  opened_ = nullptr;
}

void Arena::protect(int protection) const {
  const std::size_t bytes = round_up(static_cast<std::size_t>(unused_ - opened_), kHugePageBytes);
  if (mprotect(opened_, bytes, protection) != 0) throw std::bad_alloc();
}

ArenaAccess::ArenaAccess(Arena& arena) : arena_(arena) {
  if (arena_.accesses_++ == 0) arena_.open();
}

ArenaAccess::~ArenaAccess() {
  if (--arena_.accesses_ == 0) arena_.close();
}

}  // namespace kindling::cuda_on_cpu
