#pragma once

#include <cstdint>

#include "kernels/core/shape.h"
#include "kernels/cpu/conv2d_problem.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

// One axis of a square problem: which source coordinate a target coordinate reads through a tap.
struct GatherAxis {
  Gather gather;
  std::int64_t source_extent;
  std::int64_t taps;
  std::int64_t stride;
  std::int64_t pad;

  // -1: none, the tap falls on padding or between strides.
  std::int64_t source_of(std::int64_t target, std::int64_t tap) const {
    std::int64_t source = target * stride + tap - pad;
    if (gather == Gather::kDgrad) {
      const std::int64_t shifted = target + pad - tap;
      if (shifted < 0 || shifted % stride != 0) return -1;
      source = shifted / stride;
    }
    return source >= 0 && source < source_extent ? source : -1;
  }

  // A stride wider than the filter leaves source pixels that nobody reads.
  bool is_read(std::int64_t source) const { return gather == Gather::kDgrad || (source + pad) % stride < taps; }
};

// The integers [begin, end).
struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t length() const { return end - begin; }
};

Span span_of(const Tiles& tiles, std::int64_t tile);

// The source coordinates that the targets [begin, end) read through any tap; empty if none.
Span sources_of(const GatherAxis& axis, const Span& targets);

// A convolution as one gather, cut into work items whose results don't overlap.
//
// An item is a block of images (as many as the register tile has rows), a band of target rows, and a group of panels of
// target channels (a panel is as wide as the tile). It packs the source rows it needs to [row][column][channel][image],
// so that a tile's rows are images: all rows of a tile then meet the same taps, and taps on the padding cost nothing
// at any shape, stride or size. Each output element is summed by one tile, over taps and then channels, in one go.
struct GatherPlan {
  GatherPlan(Gather gather, const Conv2dShape& shape, std::int64_t tile_rows, std::int64_t tile_columns);

  std::int64_t items() const { return image_blocks * bands * panel_groups; }

  Conv2dShape shape;
  GatherAxis rows;     // vertical
  GatherAxis columns;  // horizontal
  Shape4 source;
  Shape4 target;
  std::int64_t tile_rows;
  std::int64_t tile_columns;
  std::int64_t image_blocks;
  std::int64_t band_rows;  // target rows in a band
  std::int64_t bands;
  std::int64_t panels;  // of target channels
  std::int64_t panels_per_group;
  std::int64_t panel_groups;
  std::int64_t panel_floats;   // of the packed filter
  std::int64_t packed_floats;  // of one item's packed source rows
};

}  // namespace kindling
