#pragma once

#include <cstddef>
#include <vector>

#include "kernels/core/host_memory.h"

namespace kindling {

// Scratch memory of a context: one block that all threads share and one block per thread. It grows when an op asks for
// more than any op before, and is never given back until the context goes: after the first step nothing is allocated.
// What a block holds is lost at the next reserve(). Contents are not defined; alignment is 256 bytes or more.
class Workspace {
 public:
  explicit Workspace(int threads) : of_thread_(static_cast<std::size_t>(threads)) {}

  // Called before the parallel part of an op.
  void reserve(std::size_t shared_bytes, std::size_t bytes_per_thread) {
    shared_.grow(shared_bytes);
    for (Block& block : of_thread_) block.grow(bytes_per_thread);
  }

  float* shared() const { return shared_.floats(); }
  float* of_thread(int thread) const { return of_thread_[static_cast<std::size_t>(thread)].floats(); }

 private:
  struct Block {
    HostMemory memory;
    std::size_t bytes = 0;

    void grow(std::size_t wanted) {
      if (wanted <= bytes) return;
      memory.reset();
      bytes = 0;
      memory = allocate_host(wanted);
      bytes = wanted;
    }
    float* floats() const { return reinterpret_cast<float*>(memory.get()); }
  };

  Block shared_;
  std::vector<Block> of_thread_;
};

// Lays out arrays one after the other in a block, each at a multiple of 256 bytes: first to count, then to place.
class WorkspaceLayout {
 public:
  // The offset in floats of an array of `count` elements of `element_bytes`.
  std::size_t add(std::size_t count, std::size_t element_bytes = sizeof(float)) {
    const std::size_t offset = bytes_;
    bytes_ += (count * element_bytes + 255) / 256 * 256;
    return offset / sizeof(float);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace kindling
