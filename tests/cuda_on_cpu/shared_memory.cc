#include "tests/cuda_on_cpu/shared_memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::size_t kDynamicAlignment = 16;  // what KINDLING_DYNAMIC_SHARED promises, and no more
constexpr int kUninitialised = 0xff;

}  // namespace

void SharedMemory::begin_kernel(std::size_t dynamic_bytes) {
  arrays_.clear();
  static_bytes_ = 0;
  dynamic_ = add(nullptr, dynamic_bytes, kDynamicAlignment);
}

void SharedMemory::begin_block() {
  for (const Array& array : arrays_) std::memset(array.data.get(), kUninitialised, array.bytes);
}

void SharedMemory::end_kernel() {
  arrays_.clear();
}

void* SharedMemory::array(const void* site, std::size_t bytes, std::size_t alignment) {
  for (const Array& array : arrays_) {
    if (array.site == site) return array.data.get();
  }
  static_bytes_ += bytes;
  if (static_bytes_ > kStaticLimitBytes) {
    report("static shared memory of " + std::to_string(static_bytes_) + " bytes; a block has 48 KiB");
  }
  return add(site, bytes, alignment);
}

bool SharedMemory::owns(const void* data) const {
  return std::any_of(arrays_.begin(), arrays_.end(), [data](const Array& array) {
    return data >= array.data.get() && data < array.data.get() + array.bytes;
  });
}

void* SharedMemory::add(const void* site, std::size_t bytes, std::size_t alignment) {
  const std::align_val_t aligned{std::max(alignment, alignof(std::max_align_t))};
  auto* data = static_cast<std::byte*>(::operator new(bytes, aligned));
  arrays_.push_back({site, bytes, {data, Free{aligned}}});
  std::memset(data, kUninitialised, bytes);
  return data;
}

}  // namespace kindling::cuda_on_cpu
