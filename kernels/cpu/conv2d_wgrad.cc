#include <algorithm>

#include "kernels/conv2d.h"
#include "kernels/core/check.h"
#include "kernels/cpu/conv2d_tiles.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

// dw is a [K][R S C] matrix. Its blocks of some k by some columns belong to one item each, for all taps; where there
// are few blocks, the images are cut into slices too, each slice leaves a dw of its own, and these are added in order.
// The cut depends on the shape alone.
//
// An item takes a block of images and a band of output rows at a time and packs them to panels
//   a  dy [panel of k][p][q][image][k within the panel]        the last panel has only the k that are left
//   b  x  [panel of columns][h][w][image][column within it]    zero beyond the last column
// so that a pixel's images are the depth of a product: a tile of dw is a sum over pixels, border taps left out.
// With few channels (the stem) the columns are those of the unfolded patches, R S C of them, and there is one tap;
// otherwise they are the channels, and each tap pairs y's pixels with others of x.
struct WgradPlan {
  WgradPlan(const Conv2dShape& shape, const SimdKernels& simd);

  std::int64_t items() const { return slices * k_blocks.count() * column_blocks.count(); }
  std::int64_t b_row_pixels() const { return unfolded ? shape.q() : shape.w; }

  Conv2dShape shape;
  GatherAxis rows;
  GatherAxis columns;
  bool unfolded;
  std::int64_t taps;
  Tiles k_blocks;
  Tiles column_blocks;
  Tiles image_blocks;
  std::int64_t slices;
  Tiles bands;  // of output rows
  std::int64_t a_floats;
  std::int64_t b_floats;
};

// Packed bytes of a band: about half of a 1 MB L2 cache.
constexpr std::int64_t kPackedBytes = 400 * 1024;
constexpr std::int64_t kWantedItems = 64;
constexpr std::int64_t kBlockColumns = 64;
constexpr std::int64_t kBlockRowTiles = 8;  // tiles of k in a block
// Depth of a product: a tile's sums are loaded and stored once for so many steps, at least.
constexpr std::int64_t kWantedDepth = 512;

WgradPlan::WgradPlan(const Conv2dShape& shape_in, const SimdKernels& simd)
    : shape(shape_in),
      rows{Gather::kForward, shape.h, shape.r, shape.stride, shape.pad},
      columns{Gather::kForward, shape.w, shape.s(), shape.stride, shape.pad},
      unfolded(shape.r > 1 && 2 * shape.c < simd.tile_columns),
      taps(unfolded ? 1 : shape.r * shape.s()),
      k_blocks{shape.k, kBlockRowTiles * simd.tile_rows},
      column_blocks{unfolded ? shape.r * shape.s() * shape.c : shape.c, kBlockColumns} {
  const std::int64_t images = std::max<std::int64_t>(kWantedDepth / (shape.p() * shape.q()), simd.tile_rows);
  image_blocks = {shape.n, std::min(images, shape.n)};
  slices = std::min(image_blocks.count(), Tiles{kWantedItems, k_blocks.count() * column_blocks.count()}.count());

  const std::int64_t a_row = shape.q() * std::min(shape.k, k_blocks.size) * image_blocks.size;
  const std::int64_t b_row = b_row_pixels() * kBlockColumns * image_blocks.size;
  const auto b_rows = [&](std::int64_t band) {
    return unfolded ? band : std::min(shape.h, (band - 1) * shape.stride + shape.r);
  };
  bands = {shape.p(), shape.p()};
  while (bands.size > 1 && (bands.size * a_row + b_rows(bands.size) * b_row) * 4 > kPackedBytes) {
    bands.size = (bands.size + 1) / 2;
  }
  a_floats = bands.size * a_row;
  b_floats = b_rows(bands.size) * b_row;
}

// One pass of an item over a block of images and a band of output rows.
struct WgradBand {
  std::int64_t first_image;
  std::int64_t images;
  Span p;
  Span h;
  Span k;
  Span column;
  float* a;
  float* b;
  TilePair* pairs;
};

// Packs `channels` of the rows `rows` of an activation to panels of panel_width channels,
// [panel][pixel][image][channel]. The last panel is filled up with zeros, or only as wide as what is left.
struct PanelSource {
  const float* data;
  Shape4 shape;
  Span rows;
  Span channels;
  std::int64_t panel_width;
  bool fill_up;
};

void pack_panels(const SimdKernels& simd, const WgradBand& band, const PanelSource& from, float* packed) {
  const Shape4& shape = from.shape;
  const std::int64_t pixels = from.rows.length() * shape.w;
  const Tiles panels{from.channels.length(), from.panel_width};
  for (std::int64_t n = 0; n < band.images; ++n) {
    const float* image = from.data + ((band.first_image + n) * shape.h + from.rows.begin) * shape.w * shape.c;
    for (std::int64_t index = 0; index < panels.count(); ++index) {
      const std::int64_t width = from.fill_up ? from.panel_width : panels.length(index);
      simd.pack_strip({.source = image + from.channels.begin + panels.begin(index),
                       .row_stride = shape.c,
                       .rows = pixels,
                       .columns = panels.length(index),
                       .width = width,
                       .packed_stride = band.images * width},
                      packed + panels.begin(index) * pixels * band.images + n * width);
    }
  }
}

// The patches that the band's output pixels read, as panels of columns (r, s, c): [panel][p][q][image][column].
void pack_patches(const WgradPlan& plan, const WgradBand& band, const float* x, std::int64_t tile_columns) {
  const Conv2dShape& shape = plan.shape;
  const std::int64_t panel_floats = band.p.length() * shape.q() * band.images * tile_columns;
  std::fill_n(band.b, Tiles{band.column.length(), tile_columns}.count() * panel_floats, 0.0F);
  for (std::int64_t pixel = 0; pixel < band.p.length() * shape.q(); ++pixel) {
    for (std::int64_t tap = 0; tap < shape.r * shape.s(); ++tap) {
      const std::int64_t h = plan.rows.source_of(band.p.begin + pixel / shape.q(), tap / shape.s());
      const std::int64_t w = plan.columns.source_of(pixel % shape.q(), tap % shape.s());
      if (h < 0 || w < 0) continue;
      const std::int64_t begin = std::max(band.column.begin, tap * shape.c);
      const std::int64_t end = std::min(band.column.end, (tap + 1) * shape.c);
      for (std::int64_t column = begin; column < end; ++column) {
        const std::int64_t j = column - band.column.begin;
        float* target =
            band.b + j / tile_columns * panel_floats + pixel * band.images * tile_columns + j % tile_columns;
        const float* source = x + ((band.first_image * shape.h + h) * shape.w + w) * shape.c + column - tap * shape.c;
        for (std::int64_t n = 0; n < band.images; ++n) {
          target[n * tile_columns] = source[n * shape.h * shape.w * shape.c];
        }
      }
    }
  }
}

// Lists the (y pixel, x pixel or patch) pairs of the band that meet in a tap; returns their number.
std::int64_t list_pairs(const WgradPlan& plan, const WgradBand& band, std::int64_t tap) {
  const std::int64_t q_extent = plan.shape.q();
  std::int64_t count = 0;
  for (std::int64_t p = band.p.begin; p < band.p.end; ++p) {
    const std::int64_t h = plan.unfolded ? p : plan.rows.source_of(p, tap / plan.shape.s());
    if (h < 0) continue;
    const std::int64_t b_row = (h - (plan.unfolded ? band.p.begin : band.h.begin)) * plan.b_row_pixels();
    for (std::int64_t q = 0; q < q_extent; ++q) {
      const std::int64_t w = plan.unfolded ? q : plan.columns.source_of(q, tap % plan.shape.s());
      if (w >= 0) band.pairs[count++] = {(p - band.p.begin) * q_extent + q, b_row + w};
    }
  }
  return count;
}

// dw[k][...] (+)= what the band adds, for the item's block of dw.
void multiply_band(const SimdKernels& simd, const WgradPlan& plan, const WgradBand& band, float* dw, bool accumulate) {
  const std::int64_t row_floats = plan.shape.r * plan.shape.s() * plan.shape.c;
  const std::int64_t a_pixels = band.p.length() * plan.shape.q();
  const std::int64_t b_pixels = (plan.unfolded ? band.p.length() : band.h.length()) * plan.b_row_pixels();
  const Tiles k_tiles{band.k.length(), simd.tile_rows};
  const Tiles column_tiles{band.column.length(), simd.tile_columns};
  for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
    const std::int64_t count = list_pairs(plan, band, tap);
    for (std::int64_t j = 0; j < column_tiles.count(); ++j) {
      for (std::int64_t i = 0; i < k_tiles.count(); ++i) {
        float* target = dw + (band.k.begin + k_tiles.begin(i)) * row_floats + tap * plan.shape.c + band.column.begin +
                        column_tiles.begin(j);
        simd.multiply_tile({.a = band.a + k_tiles.begin(i) * a_pixels * band.images,
                            .b = band.b + column_tiles.begin(j) * b_pixels * band.images,
                            .a_step = band.images * k_tiles.length(i),
                            .b_step = band.images * simd.tile_columns,
                            .pairs = band.pairs,
                            .count = count,
                            .depth = band.images,
                            .c = target,
                            .c_row_stride = row_floats,
                            .rows = k_tiles.length(i),
                            .columns = column_tiles.length(j),
                            .accumulate = accumulate});
      }
    }
  }
}

// A block of dw over a slice of the images.
void run_item(const SimdKernels& simd, const WgradPlan& plan, WgradBand band, Span blocks, const float* x,
              const float* dy, float* dw) {
  bool accumulate = false;
  for (std::int64_t block = blocks.begin; block < blocks.end; ++block) {
    band.first_image = plan.image_blocks.begin(block);
    band.images = plan.image_blocks.length(block);
    for (std::int64_t index = 0; index < plan.bands.count(); ++index) {
      band.p = {plan.bands.begin(index), plan.bands.begin(index) + plan.bands.length(index)};
      band.h = sources_of(plan.rows, band.p);
      pack_panels(simd, band, {dy, plan.shape.y_shape(), band.p, band.k, simd.tile_rows, false}, band.a);
      if (plan.unfolded) {
        pack_patches(plan, band, x, simd.tile_columns);
      } else {
        pack_panels(simd, band, {x, plan.shape.x_shape(), band.h, band.column, simd.tile_columns, true}, band.b);
      }
      multiply_band(simd, plan, band, dw, accumulate);
      accumulate = true;
    }
  }
}

Span span_of(const Tiles& tiles, std::int64_t tile) {
  return {tiles.begin(tile), tiles.begin(tile) + tiles.length(tile)};
}

// dw = the slices' sum, in their order.
void add_slices(CpuContext<float>& context, const float* slices, std::int64_t count, Params<CpuContext<float>> dw) {
  const Tiles tiles{dw.size(), 16 * 1024};
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const Span span = span_of(tiles, tile);
    std::copy(slices + span.begin, slices + span.end, dw.data() + span.begin);
    for (std::int64_t slice = 1; slice < count; ++slice) {
      const float* from = slices + slice * dw.size();
      for (std::int64_t i = span.begin; i < span.end; ++i) dw[i] += from[i];
    }
  });
}

}  // namespace

template <class T>
void conv2d_wgrad(CpuContext<T>& context, const Conv2dShape& shape, In<CpuContext<T>> x, In<CpuContext<T>> dy,
                  Params<CpuContext<T>> dw) {
  const OpCheck check("conv2d_wgrad");
  check.convolution(shape);
  check.dense("x", x, shape.x_shape());
  check.dense("dy", dy, shape.y_shape());
  check.size("dw", dw, shape.filter_elements());
  const SimdKernels& simd = context.simd();
  const WgradPlan plan(shape, simd);

  WorkspaceLayout shared;
  WorkspaceLayout scratch;
  if (plan.slices > 1) shared.add(static_cast<std::size_t>(plan.slices * dw.size()));
  scratch.add(static_cast<std::size_t>(plan.a_floats));
  const std::size_t b_at = scratch.add(static_cast<std::size_t>(plan.b_floats));
  const std::size_t pairs_at = scratch.add(static_cast<std::size_t>(plan.bands.size * shape.q()), sizeof(TilePair));
  Workspace& workspace = context.workspace();
  workspace.reserve(shared.bytes(), scratch.bytes());

  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t column_block = index % plan.column_blocks.count();
    const std::int64_t k_block = index / plan.column_blocks.count() % plan.k_blocks.count();
    const std::int64_t slice = index / plan.column_blocks.count() / plan.k_blocks.count();
    const std::int64_t blocks = plan.image_blocks.count();
    float* memory = workspace.of_thread(thread);
    const WgradBand band{.first_image = 0,
                         .images = 0,
                         .p = {},
                         .h = {},
                         .k = span_of(plan.k_blocks, k_block),
                         .column = span_of(plan.column_blocks, column_block),
                         .a = memory,
                         .b = memory + b_at,
                         .pairs = reinterpret_cast<TilePair*>(memory + pairs_at)};
    float* target = plan.slices > 1 ? workspace.shared() + slice * dw.size() : dw.data();
    run_item(simd, plan, band, {slice * blocks / plan.slices, (slice + 1) * blocks / plan.slices}, x.data, dy.data,
             target);
  });
  if (plan.slices > 1) add_slices(context, workspace.shared(), plan.slices, dw);
}

template void conv2d_wgrad(CpuContext<float>&, const Conv2dShape&, In<CpuContext<float>>, In<CpuContext<float>>,
                           Params<CpuContext<float>>);

}  // namespace kindling
