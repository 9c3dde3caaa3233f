#pragma once

#include <cstddef>

namespace kindling::cuda_on_cpu {

// The device that this runtime pretends to be: the limits of compute capability 9.0 (CUDA programming guide, technical
// specifications), but few multiprocessors, so that grids sized by them stay small.
struct DeviceLimits {
  static constexpr int kMajor = 9;
  static constexpr int kMinor = 0;
  static constexpr int kMultiprocessors = 4;
  static constexpr unsigned kBlockThreads = 1024;
  static constexpr unsigned kBlock[3] = {1024, 1024, 64};
  static constexpr unsigned kGrid[3] = {2147483647, 65535, 65535};
  static constexpr std::size_t kBlockSharedBytes = std::size_t{48} * 1024;
  static constexpr std::size_t kBlockSharedOptInBytes = std::size_t{227} * 1024;
  static constexpr std::size_t kMultiprocessorSharedBytes = std::size_t{228} * 1024;
  static constexpr int kMultiprocessorThreads = 2048;
  static constexpr int kMultiprocessorBlocks = 32;
  static constexpr int kRegisters = 65536;
  static constexpr int kL2Bytes = 32 << 20;
  static constexpr std::size_t kConstantBytes = std::size_t{64} * 1024;
};

}  // namespace kindling::cuda_on_cpu
