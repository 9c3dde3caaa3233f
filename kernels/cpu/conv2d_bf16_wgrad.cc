#include <algorithm>

#include "kernels/cpu/conv2d_bf16.h"
#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/conv2d_wgrad_slices.h"
#include "kernels/cpu/parallel.h"

namespace kindling {
namespace {

using Problem = WgradProblemOf<bfloat16>;

// Packed bytes of a band: about half of a 2 MB L2 cache.
constexpr std::int64_t kPackedBytes = std::int64_t{1} << 20U;
// Enough items for many threads; more would only pack the same pixels more often.
constexpr std::int64_t kWantedItems = 16;
constexpr std::int64_t kBlockK = 64;
constexpr std::int64_t kBlockColumns = 128;

// Elements of a packed pixel of one panel: 32 channels of 32 images.
constexpr std::int64_t kPackedPixel = kBf16TileRows * kImageBlock;

// How wgrad is cut into items: a block of k by a block of channels belongs to one item, for all taps. Where there are
// few, images and bands are cut into slices too; each leaves a dw of its own, and these are added in order. An item
// takes a block of images and a band of output rows at a time and packs them to panels
//   a  dy [panel of k][p][q][k within the panel][image]
//   b  x  [panel of c][h][w][pair of images][c within the panel][2]
// so that the images of a pixel are the depth of a product. The cut depends on the shape alone.
struct Plan {
  explicit Plan(const Conv2dShape& shape_in)
      : shape(shape_in),
        rows{Gather::kForward, shape.h, shape.r, shape.stride, shape.pad},
        columns{Gather::kForward, shape.w, shape.s(), shape.stride, shape.pad},
        k_blocks{shape.k, kBlockK},
        c_blocks{shape.c, kBlockColumns},
        image_blocks{shape.n, kImageBlock} {
    bands = {shape.p(), shape.p()};
    while (bands.size > 1 && (a_elements() + b_elements()) * std::int64_t{sizeof(bfloat16)} > kPackedBytes)
      --bands.size;
    slices = std::min(units(), Tiles{kWantedItems, k_blocks.count() * c_blocks.count()}.count());
  }

  std::int64_t units() const { return image_blocks.count() * bands.count(); }  // what is packed at a time
  std::int64_t items() const { return slices * k_blocks.count() * c_blocks.count(); }
  std::int64_t patch() const { return shape.r * shape.s() * shape.c; }  // from k to k in dw
  // Of the longest band.
  std::int64_t a_elements() const { return panels_of(shape.k, kBlockK) * bands.size * shape.q() * kPackedPixel; }
  std::int64_t b_elements() const {
    const std::int64_t source_rows = std::min(shape.h, (bands.size - 1) * shape.stride + shape.r);
    return panels_of(shape.c, kBlockColumns) * source_rows * shape.w * kPackedPixel;
  }

  Conv2dShape shape;
  GatherAxis rows;
  GatherAxis columns;
  Tiles k_blocks;
  Tiles c_blocks;
  Tiles image_blocks;
  Tiles bands{};  // of output rows
  std::int64_t slices = 1;

 private:
  static std::int64_t panels_of(std::int64_t channels, std::int64_t block) {
    return Tiles{std::min(channels, block), kBf16TileColumns}.count();
  }
};

// What an item works on at a time, and its scratch memory.
struct Band {
  Span images;
  Span p;
  Span h;  // the rows of x that the band's taps read
  Span k;
  Span c;
  bfloat16* a;
  bfloat16* b;
  TilePair* pairs;
  float* sums;

  std::int64_t a_panel(const Plan& plan) const { return p.length() * plan.shape.q() * kPackedPixel; }
  std::int64_t b_panel(const Plan& plan) const { return h.length() * plan.shape.w * kPackedPixel; }
};

void pack_dy(const Bf16Packing& packing, const Problem& problem, const Plan& plan, const Band& band) {
  const Shape4 shape = plan.shape.y_shape();
  const std::int64_t images = band.images.length();
  const BlockStrides strides = block_strides(problem.layout, shape, images);
  const bfloat16* dy = problem.dy + band.images.begin * shape.h * shape.w * shape.c;
  const Tiles panels{band.k.length(), kBf16TileRows};
  const std::int64_t first = band.p.begin * shape.w;
  for (std::int64_t pixel = 0; pixel < band.p.length() * shape.w; ++pixel) {
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
      packing.transpose(dy + (first + pixel) * strides.pixel + band.k.begin + panels.begin(panel), strides.image,
                        images, panels.length(panel), kImageBlock,
                        band.a + panel * band.a_panel(plan) + pixel * kPackedPixel, kImageBlock);
    }
  }
}

void pack_x(const Bf16Packing& packing, const Problem& problem, const Plan& plan, const Band& band) {
  const Shape4 shape = plan.shape.x_shape();
  const std::int64_t images = band.images.length();
  const BlockStrides strides = block_strides(problem.layout, shape, images);
  const bfloat16* x = problem.x + band.images.begin * shape.h * shape.w * shape.c;
  const Tiles panels{band.c.length(), kBf16TileColumns};
  const std::int64_t first = band.h.begin * shape.w;
  for (std::int64_t pixel = 0; pixel < band.h.length() * shape.w; ++pixel) {
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
      packing.interleave(x + (first + pixel) * strides.pixel + band.c.begin + panels.begin(panel), strides.image,
                         images, panels.length(panel), kImageBlock,
                         band.b + panel * band.b_panel(plan) + pixel * kPackedPixel);
    }
  }
}

// The pairs (output pixel, source pixel) of the band that meet in a tap; returns their number.
std::int64_t list_pairs(const Plan& plan, const Band& band, std::int64_t tap) {
  std::int64_t count = 0;
  for (std::int64_t p = band.p.begin; p < band.p.end; ++p) {
    const std::int64_t h = plan.rows.source_of(p, tap / plan.shape.s());
    if (h < 0) continue;
    for (std::int64_t q = 0; q < plan.shape.q(); ++q) {
      const std::int64_t w = plan.columns.source_of(q, tap % plan.shape.s());
      if (w < 0) continue;
      band.pairs[count++] = {(p - band.p.begin) * plan.shape.q() + q, (h - band.h.begin) * plan.shape.w + w};
    }
  }
  return count;
}

// dw block (+)= sums
void add_sums(const Bf16Product& product, float* dw, std::int64_t row_stride, bool accumulate) {
  for (std::int64_t i = 0; i < product.rows; ++i) {
    const float* sums = product.sums + i * kBf16TileColumns;
    float* row = dw + i * row_stride;
    if (accumulate) {
      for (std::int64_t j = 0; j < product.columns; ++j) row[j] += sums[j];
    } else {
      std::copy_n(sums, product.columns, row);
    }
  }
}

// The item's block of dw (+)= what the band adds.
void multiply_band(const OpenProducts& products, const Plan& plan, const Band& band, float* dw, bool accumulate) {
  const Tiles k_panels{band.k.length(), kBf16TileRows};
  const Tiles c_panels{band.c.length(), kBf16TileColumns};
  Bf16Product product{.a = nullptr,
                      .a_step = kPackedPixel,
                      .a_row_stride = kImageBlock,
                      .b = nullptr,
                      .b_step = kPackedPixel,
                      .pairs = band.pairs,
                      .count = 0,
                      .depth = kImageBlock,
                      .rows = 0,
                      .columns = 0,
                      .sums = band.sums,
                      .add = false};
  for (std::int64_t tap = 0; tap < plan.shape.r * plan.shape.s(); ++tap) {
    product.count = list_pairs(plan, band, tap);
    for (std::int64_t j = 0; j < c_panels.count(); ++j) {
      product.b = band.b + j * band.b_panel(plan);
      product.columns = c_panels.length(j);
      for (std::int64_t i = 0; i < k_panels.count(); ++i) {
        product.a = band.a + i * band.a_panel(plan);
        product.rows = k_panels.length(i);
        products.multiply(product);
        float* block = dw + (band.k.begin + k_panels.begin(i)) * plan.patch() + tap * plan.shape.c + band.c.begin +
                       c_panels.begin(j);
        add_sums(product, block, plan.patch(), accumulate);
      }
    }
  }
}

// A block of dw over a slice of the units.
void run_item(const CpuContext<bfloat16>& context, const Problem& problem, const Plan& plan, Band band,
              const Span& slice, float* dw) {
  const OpenProducts products(context.bf16_products(), kBf16TileRows);
  const Bf16Packing& packing = context.simd().bf16_packing;
  bool accumulate = false;
  for (std::int64_t unit = slice.begin; unit < slice.end; ++unit) {
    band.images = span_of(plan.image_blocks, unit / plan.bands.count());
    band.p = span_of(plan.bands, unit % plan.bands.count());
    band.h = sources_of(plan.rows, band.p);
    pack_dy(packing, problem, plan, band);
    pack_x(packing, problem, plan, band);
    multiply_band(products, plan, band, dw, accumulate);
    accumulate = true;
  }
}

}  // namespace

void bf16_wgrad(CpuContext<bfloat16>& context, const Problem& problem) {
  const Plan plan(problem.shape);
  const HostView<float> dw = problem.dw;
  WorkspaceLayout shared;
  WorkspaceLayout scratch;
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  if (plan.slices > 1) shared.add(size(plan.slices * dw.size()));
  const std::size_t sums_at = scratch.add(kBf16TileRows * kBf16TileColumns);
  const std::size_t a_at = scratch.add(size(plan.a_elements()), sizeof(bfloat16));
  const std::size_t b_at = scratch.add(size(plan.b_elements()), sizeof(bfloat16));
  const std::size_t pairs_at = scratch.add(size(plan.bands.size * plan.shape.q()), sizeof(TilePair));
  Workspace& workspace = context.workspace();
  workspace.reserve(shared.bytes(), scratch.bytes());

  parallel_for(context.threads(), plan.items(), [&](std::int64_t index, int thread) {
    const std::int64_t c_block = index % plan.c_blocks.count();
    const std::int64_t k_block = index / plan.c_blocks.count() % plan.k_blocks.count();
    const std::int64_t slice = index / plan.c_blocks.count() / plan.k_blocks.count();
    const std::int64_t units = plan.units();
    float* memory = workspace.of_thread(thread);
    const Band band{.images = {},
                    .p = {},
                    .h = {},
                    .k = span_of(plan.k_blocks, k_block),
                    .c = span_of(plan.c_blocks, c_block),
                    .a = reinterpret_cast<bfloat16*>(memory + a_at),
                    .b = reinterpret_cast<bfloat16*>(memory + b_at),
                    .pairs = reinterpret_cast<TilePair*>(memory + pairs_at),
                    .sums = memory + sums_at};
    float* target = plan.slices > 1 ? workspace.shared() + slice * dw.size() : dw.data();
    run_item(context, problem, plan, band, {slice * units / plan.slices, (slice + 1) * units / plan.slices}, target);
  });
  if (plan.slices > 1) add_slices(context.threads(), workspace.shared(), plan.slices, dw);
}

}  // namespace kindling
