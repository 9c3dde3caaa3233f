#include "kernels/cpu/conv2d_wgrad_band.h"

#include <algorithm>

namespace kindling {
namespace {

// `pixels` pixels of one image, `pixel_stride` apart, `channels` of each: to where image n's part of the panels begins.
struct PixelRun {
  const float* source;
  std::int64_t pixel_stride;
  std::int64_t pixels;
  std::int64_t channels;
};

void pack_run(const SimdKernels& simd, const PixelRun& run, std::int64_t width, std::int64_t images,
              std::int64_t panel_pixels, float* packed) {
  simd.pack_panels({.source = run.source,
                    .row_stride = run.pixel_stride,
                    .rows = run.pixels,
                    .columns = run.channels,
                    .width = width,
                    .packed_stride = images * width,
                    .panel_stride = panel_pixels * images * width},
                   packed);
}

// The patches of output row p of one image, [q][r][s][c], zero where a tap falls on the padding.
void unfold_row(const WgradPlan& plan, const float* image, std::int64_t p, float* patches) {
  const Conv2dShape& shape = plan.shape;
  std::fill_n(patches, shape.q() * plan.patch(), 0.0F);
  for (std::int64_t r = 0; r < shape.r; ++r) {
    const std::int64_t h = plan.rows.source_of(p, r);
    if (h < 0) continue;
    for (std::int64_t q = 0; q < shape.q(); ++q) {
      const std::int64_t w = q * shape.stride - shape.pad;  // of tap s = 0; only those of [0, W) are read
      const std::int64_t begin = std::max<std::int64_t>(w, 0);
      const std::int64_t end = std::min(w + shape.s(), shape.w);
      const float* source = image + (h * shape.w + begin) * shape.c;
      if (begin < end) {
        std::copy_n(source, (end - begin) * shape.c,
                    patches + q * plan.patch() + (r * shape.s() + begin - w) * shape.c);
      }
    }
  }
}

}  // namespace

void pack_dy(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, const float* dy) {
  const Conv2dShape& shape = plan.shape;
  const std::int64_t pixels = band.a_pixels(plan);
  for (std::int64_t n = 0; n < band.images; ++n) {
    const float* first = dy + ((band.first_image + n) * shape.p() + band.p.begin) * shape.q() * shape.k + band.k.begin;
    pack_run(simd, {first, shape.k, pixels, band.k.length()}, plan.tile_rows, band.images, pixels,
             band.a + n * plan.tile_rows);
  }
}

void pack_x(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, const float* x) {
  const Conv2dShape& shape = plan.shape;
  const std::int64_t panel_pixels = band.b_pixels(plan);
  const std::int64_t step = band.images * plan.tile_columns;  // from pixel to pixel of a panel
  for (std::int64_t n = 0; n < band.images; ++n) {
    const float* image = x + (band.first_image + n) * shape.h * shape.w * shape.c;
    float* packed = band.b + n * plan.tile_columns;
    for (std::int64_t p = band.p.begin; plan.unfolded && p < band.p.end; ++p) {
      unfold_row(plan, image, p, band.patches);
      pack_run(simd, {band.patches, plan.patch(), shape.q(), plan.patch()}, plan.tile_columns, band.images,
               panel_pixels, packed + (p - band.p.begin) * shape.q() * step);
    }
    for (std::int64_t h = band.h.begin; !plan.unfolded && h < band.h.end; ++h) {
      if (!plan.rows.is_read(h)) continue;
      const bool whole = shape.stride <= shape.s();  // else some columns are never read
      for (std::int64_t w = 0; w < shape.w; w += whole ? shape.w : 1) {
        if (!whole && !plan.columns.is_read(w)) continue;
        const float* source = image + (h * shape.w + w) * shape.c + band.columns.begin;
        pack_run(simd, {source, shape.c, whole ? shape.w : 1, band.columns.length()}, plan.tile_columns, band.images,
                 panel_pixels, packed + ((h - band.h.begin) * shape.w + w) * step);
      }
    }
  }
}

std::int64_t list_pairs(const WgradPlan& plan, const WgradBand& band, std::int64_t tap) {
  std::int64_t count = 0;
  for (std::int64_t p = band.p.begin; p < band.p.end; ++p) {
    const std::int64_t h = plan.unfolded ? p : plan.rows.source_of(p, tap / plan.shape.s());
    if (h < 0) continue;
    const std::int64_t a_row = (p - band.p.begin) * plan.shape.q();
    const std::int64_t b_row = (h - (plan.unfolded ? band.p.begin : band.h.begin)) * plan.b_width();
    for (std::int64_t q = 0; q < plan.shape.q(); ++q) {
      const std::int64_t w = plan.unfolded ? q : plan.columns.source_of(q, tap % plan.shape.s());
      if (w >= 0) band.pairs[count++] = {a_row + q, b_row + w};
    }
  }
  return count;
}

}  // namespace kindling
