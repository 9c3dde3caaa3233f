#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/error.h"
#include "kernels/cuda/device_language.h"

namespace kindling {

inline constexpr unsigned kBlockThreads = 256;

// Blocks of kBlockThreads for one thread per item, so that a thread finds its item in 32 bits:
//   const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;  if (i >= count) return;
inline dim3 grid_for(std::int64_t items) {
  require(items > 0 && items < std::int64_t{0xffffffff} - kBlockThreads, "a kernel's items don't fit into one grid");
  return dim3(static_cast<unsigned>((items + kBlockThreads - 1) / kBlockThreads));
}

// The launch of a kernel over rows of channels: a block is `x` threads along packs of channels by `y` along rows, x y =
// kBlockThreads, both powers of two.
struct RowBlocks {
  unsigned x;
  unsigned y;
  unsigned channel_groups;  // blocks along the channels
  unsigned tiles;           // blocks along the rows
  unsigned rows_per_tile;

  dim3 grid() const { return dim3(channel_groups, tiles); }
  dim3 block() const { return dim3(x, y); }
};

// About `wanted_blocks` blocks, but not fewer than 4 rows for a thread. A function of the extents alone: sums over
// tiles have the same bits on every device.
inline RowBlocks row_blocks(std::int64_t rows, std::int64_t packs, std::int64_t wanted_blocks) {
  RowBlocks blocks{.x = 1, .y = kBlockThreads, .channel_groups = 1, .tiles = 1, .rows_per_tile = 1};
  while (blocks.x < 32 && blocks.x < packs) blocks.x *= 2;
  blocks.y = kBlockThreads / blocks.x;
  const std::int64_t groups = (packs + blocks.x - 1) / blocks.x;
  const std::int64_t most_tiles = (rows + 4 * blocks.y - 1) / (4 * blocks.y);
  const std::int64_t tiles = std::clamp<std::int64_t>(wanted_blocks / groups, 1, std::max<std::int64_t>(most_tiles, 1));
  const std::int64_t rows_per_tile = (rows + tiles - 1) / tiles;
  require(rows < std::int64_t{1} << 31 && groups < std::int64_t{1} << 16, "an activation is too large for one kernel");
  blocks.channel_groups = static_cast<unsigned>(groups);
  blocks.rows_per_tile = static_cast<unsigned>(rows_per_tile);
  blocks.tiles = static_cast<unsigned>((rows + rows_per_tile - 1) / rows_per_tile);
  return blocks;
}

}  // namespace kindling
