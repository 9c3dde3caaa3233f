#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace kindling::cuda_on_cpu {

// The device's memory: one large range of addresses, of which each allocation gets fresh ones.
// - It can't be touched (PROT_NONE) but through an ArenaAccess, so that a host that dereferences a device pointer dies
// at
//   that line.
// - Under AddressSanitizer, everything outside live allocations is poisoned, to the byte; 4 KiB lie between two.
// - Addresses are never used again, so that no schedule hides a use after free.
// - New memory is filled with 0xff: NaN in every floating type.
class Arena {
 public:
  // Of a device with so much memory.
  explicit Arena(std::size_t device_bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Memory aligned to 256 bytes, or nullptr where the device has no more.
  void* allocate(std::size_t bytes);

  // The bytes of the live allocation that begins there; 0 if none does.
  std::size_t size(const void* data) const;
  // The same, and frees it.
  std::size_t release(void* data);

  // Whether the bytes lie in one live allocation.
  bool holds(const void* data, std::size_t bytes) const;

  // Whether the address is the device's, alive or not.
  bool owns(const void* data) const { return data >= base_ && data < base_ + kAddressBytes; }

  std::size_t live_allocations() const { return sizes_.size(); }
  std::size_t live_bytes() const { return live_bytes_; }

  std::size_t device_bytes() const { return device_bytes_; }

 private:
  friend class ArenaAccess;
  static constexpr std::size_t kAddressBytes = std::size_t{128} << 30;

  void open();
  void close();
  void protect(int protection) const;

  std::size_t device_bytes_;
  char* mapping_;           // what the system gave
  char* base_;              // its first huge page
  char* unused_;            // the first address that was never given out
  char* opened_ = nullptr;  // while it can be touched: from here to unused_
  std::map<std::uintptr_t, std::size_t> sizes_;
  std::size_t live_bytes_ = 0;
  int accesses_ = 0;
};

// While one lives, the arena can be read and written.
class ArenaAccess {
 public:
  explicit ArenaAccess(Arena& arena);
  ~ArenaAccess();
  ArenaAccess(const ArenaAccess&) = delete;
  ArenaAccess& operator=(const ArenaAccess&) = delete;

 private:
  Arena& arena_;
};

}  // namespace kindling::cuda_on_cpu
