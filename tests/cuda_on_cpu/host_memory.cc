#include "tests/cuda_on_cpu/host_memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::align_val_t kPage{4096};
constexpr int kUninitialised = 0xff;

}  // namespace

void HostMemory::Free::operator()(std::byte* data) const {
  ::operator delete(data, kPage);
}

void* HostMemory::allocate(std::size_t bytes) {
  std::unique_ptr<std::byte, Free> data(static_cast<std::byte*>(::operator new(bytes, kPage)));
  std::memset(data.get(), kUninitialised, bytes);
  void* const address = data.get();
  blocks_.emplace(reinterpret_cast<std::uintptr_t>(address), Block{bytes, std::move(data)});
  return address;
}

bool HostMemory::release(void* data) {
  return blocks_.erase(reinterpret_cast<std::uintptr_t>(data)) == 1;
}

bool HostMemory::holds(const void* data, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) return false;
  const auto& [first, block] = *std::prev(next);
  return address - first <= block.bytes && bytes <= block.bytes - (address - first);
}

bool HostMemory::conflict(const Copy& copy, const Copy& other) {
  return (copy.writes || other.writes) && copy.data < other.data + other.bytes && other.data < copy.data + copy.bytes;
}

void HostMemory::enqueued(const Operation& operation, Streams::Position position, bool deferred) {
  for (const HostRange& range : operation.host_ranges) {
    const auto* data = static_cast<const std::byte*>(range.data);
    Copy copy{operation.name, position, data, range.bytes, range.access != Access::kRead, {}};
    bool alone = true;
    for (Copy& other : copies_) {
      if (!conflict(copy, other)) continue;
      alone = false;
      other.content.clear();
    }
    if (alone && !copy.writes) copy.content.assign(data, data + range.bytes);
    if (alone && copy.writes && deferred) std::memset(const_cast<void*>(range.data), kUninitialised, range.bytes);
    copies_.push_back(std::move(copy));
  }
}

void HostMemory::host_waited(const Clock& host) {
  std::erase_if(copies_, [&](const Copy& copy) {
    if (host[copy.position.stream] < copy.position.count) return false;
    const auto [then, now] = std::mismatch(copy.content.begin(), copy.content.end(), copy.data);
    if (then == copy.content.end()) return true;
    report(copy.operation + ": the host changed byte " + std::to_string(then - copy.content.begin()) +
           " of the pinned memory that it reads before waiting for it");
  });
}

}  // namespace kindling::cuda_on_cpu
