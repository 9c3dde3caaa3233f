#pragma once

#include <cstdint>

#include "kernels/cpu/conv2d_wgrad_plan.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// What an item of conv2d_wgrad works on at a time: a block of images, a band of output rows, and scratch memory for the
// panels of it (WgradPlan says how they lie).
struct WgradBand {
  std::int64_t first_image;
  std::int64_t images;
  Span p;
  Span h;  // the rows of x that the band's taps read
  Span k;
  Span columns;
  float* a;
  float* b;
  float* patches;   // of one output row, if unfolded
  TilePair* pairs;  // as many as the band has output pixels

  std::int64_t a_pixels(const WgradPlan& plan) const { return p.length() * plan.shape.q(); }
  std::int64_t b_pixels(const WgradPlan& plan) const {
    return (plan.unfolded ? p.length() : h.length()) * plan.b_width();
  }
};

void pack_dy(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, const float* dy);
void pack_x(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, const float* x);

// Lists the pairs (output pixel in a, source pixel or patch in b) of the band that meet in a tap; returns their number.
std::int64_t list_pairs(const WgradPlan& plan, const WgradBand& band, std::int64_t tap);

}  // namespace kindling
