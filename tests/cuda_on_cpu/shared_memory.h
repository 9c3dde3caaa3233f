#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kindling::cuda_on_cpu {

// The shared arrays of the block that runs: heap blocks of exactly the declared size, so that AddressSanitizer sees an
// access past the end (it does not guard statics of templates and inline functions). Each block of a grid finds them
// filled with 0xff: what the block before it wrote is no initial value.
class SharedMemory {
 public:
  static constexpr std::size_t kStaticLimitBytes = 48 * 1024;

  // For a launch with this much dynamic shared memory; forgets all arrays.
  void begin_kernel(std::size_t dynamic_bytes);
  void begin_block();
  void end_kernel();

  // The block's array of the declaration that `site` identifies. Reports where static arrays exceed 48 KiB.
  void* array(const void* site, std::size_t bytes, std::size_t alignment);
  void* dynamic() const { return dynamic_; }

  bool owns(const void* data) const;

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(std::byte* data) const { ::operator delete(data, alignment); }
  };
  struct Array {
    const void* site;
    std::size_t bytes;
    std::unique_ptr<std::byte, Free> data;
  };

  void* add(const void* site, std::size_t bytes, std::size_t alignment);

  std::vector<Array> arrays_;
  std::size_t static_bytes_ = 0;
  void* dynamic_ = nullptr;
};

}  // namespace kindling::cuda_on_cpu
