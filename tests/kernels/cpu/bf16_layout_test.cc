// Activations in blocks of images (Layout::kImageBlocks), which the network has in bf16 on the CPU: every op that knows
// where a pixel lies gives the bits that it gives in NHWC. (In NHWC the tests of all backends compare it with the
// reference.)

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/conv2d_inference.h"
#include "kernels/core/batch.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/input.h"
#include "kernels/pool2d.h"
#include "tests/support/random_values.h"

namespace kindling {
namespace {

using C = CpuContext<bfloat16>;

// An activation in dense NHWC, as ops get and leave it in either layout.
struct Activation {
  Shape4 shape;
  std::vector<bfloat16> values;  // NHWC
};

Activation random_activation(const Shape4& shape, std::uint64_t seed) {
  test::RandomValues random(seed);
  Activation x{shape, std::vector<bfloat16>(static_cast<std::size_t>(shape.elements()))};
  for (bfloat16& value : x.values) value = bfloat16(static_cast<float>(random.real()));
  return x;
}

// Where NHWC's elements lie in blocks of images, straight from the definition.
std::vector<std::size_t> places_in_blocks(const Shape4& shape) {
  std::vector<std::size_t> places;
  for (std::int64_t n = 0; n < shape.n; ++n) {
    const std::int64_t first = n / kImageBlock * kImageBlock;
    const std::int64_t images = std::min(kImageBlock, shape.n - first);
    for (std::int64_t h = 0; h < shape.h; ++h) {
      for (std::int64_t w = 0; w < shape.w; ++w) {
        for (std::int64_t c = 0; c < shape.c; ++c) {
          const std::int64_t in_block = ((h * shape.w + w) * images + n - first) * shape.c + c;
          places.push_back(static_cast<std::size_t>(first * shape.h * shape.w * shape.c + in_block));
        }
      }
    }
  }
  return places;
}

// The activation in a layout while it lives; what ops wrote is in NHWC again by `values`.
class Laid {
 public:
  Laid(const Activation& x, Layout layout) : shape_(x.shape), layout_(layout), memory_(x.values) {
    if (layout == Layout::kNhwc) return;
    places_ = places_in_blocks(shape_);
    for (std::size_t i = 0; i < places_.size(); ++i) memory_[places_[i]] = x.values[i];
  }
  Out<C> view() { return {memory_.data(), shape_, layout_, shape_.n, shape_.c}; }
  std::vector<std::uint16_t> values() const {
    std::vector<std::uint16_t> bits(memory_.size());
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = memory_[places_.empty() ? i : places_[i]].bits;
    return bits;
  }

 private:
  Shape4 shape_;
  Layout layout_;
  std::vector<bfloat16> memory_;
  std::vector<std::size_t> places_;
};

// op(context, layout) returns the bits of all that it made, in NHWC's order.
using Op = std::function<std::vector<std::uint16_t>(C&, Layout)>;
void expect_same_bits(const Op& op) {
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Bf16, Isa::kAmx}) {
    if (!is_supported(isa)) continue;
    C context({.threads = 3, .isa = isa});
    EXPECT_EQ(op(context, Layout::kImageBlocks), op(context, Layout::kNhwc)) << name_of(isa);
  }
}

void append(std::vector<std::uint16_t>& bits, const std::vector<std::uint16_t>& more) {
  bits.insert(bits.end(), more.begin(), more.end());
}

// Whole blocks, one image more, less than a block; channels in 32s and not.
const std::vector<Conv2dShape>& convolutions() {
  static const std::vector<Conv2dShape> shapes = {
      {.n = 33, .h = 9, .w = 8, .c = 32, .k = 64},
      {.n = 64, .h = 8, .w = 7, .c = 64, .k = 32, .stride = 2},
      {.n = 20, .h = 6, .w = 6, .c = 3, .k = 40},
      {.n = 80, .h = 4, .w = 4, .c = 96, .k = 33},
      {.n = 5, .h = 5, .w = 4, .c = 64, .k = 32, .r = 1, .stride = 2, .pad = 0}};
  return shapes;
}

TEST(CpuBf16Layout, Convolutions) {
  for (const Conv2dShape& shape : convolutions()) {
    SCOPED_TRACE(to_string(shape));
    const Activation x = random_activation(shape.x_shape(), 1);
    const Activation y = random_activation(shape.y_shape(), 2);
    std::vector<bfloat16> w = random_activation({shape.filter_elements(), 1, 1, 1}, 3).values;
    const HostView<const bfloat16> filter(w.data(), shape.filter_elements());
    std::vector<float> scale;
    for (std::int64_t k = 0; k <= shape.k; ++k) scale.push_back(static_cast<float>(k % 7) - 2.5F);
    expect_same_bits([&](C& context, Layout layout) {
      Laid in(x, layout);
      Laid out(y, layout);
      Laid dx(x, layout);
      std::vector<float> dw(w.size());
      conv2d_dgrad(context, shape, out.view(), filter, dx.view(), Accumulate::kAdd);
      conv2d_wgrad(context, shape, in.view(), out.view(), {dw.data(), shape.filter_elements()});
      conv2d_forward(context, shape, in.view(), filter, out.view());
      std::vector<std::uint16_t> bits = out.values();
      append(bits, dx.values());
      Laid finished(y, layout);
      Deferred<C> rest;
      rest.residual = out.view();
      rest.relu = true;
      rest.scale = {scale.data(), shape.k};
      rest.shift = {scale.data() + 1, shape.k};
      conv2d_inference(context, shape, in.view(), filter, rest, finished.view());
      append(bits, finished.values());
      std::vector<std::uint16_t> dw_bits(2 * dw.size());
      std::memcpy(dw_bits.data(), dw.data(), dw.size() * sizeof(float));
      append(bits, dw_bits);
      return bits;
    });
  }
}

TEST(CpuBf16Layout, Pool) {
  for (const Shape4& shape : {Shape4{33, 4, 4, 32}, Shape4{7, 3, 5, 6}}) {
    SCOPED_TRACE(to_string(shape));
    const Activation x = random_activation(shape, 4);
    const Activation dy = random_activation({shape.n, 1, 1, shape.c}, 5);
    expect_same_bits([&](C& context, Layout layout) {
      Laid in(x, layout);
      Laid pooled(dy, layout);
      Laid dx(x, layout);
      global_average_pool_backward(context, pooled.view(), dx.view());
      global_average_pool_forward(context, in.view(), pooled.view());
      std::vector<std::uint16_t> bits = dx.values();
      append(bits, pooled.values());
      return bits;
    });
  }
}

TEST(CpuBf16Layout, Input) {
  for (const std::int64_t images : {1, 32, 40}) {
    const Activation x = random_activation({images, kImageSide, kImageSide, kImageChannels}, 6);
    std::vector<float> pixels(x.values.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(x.values[i]);
    expect_same_bits([&](C& context, Layout layout) {
      Laid unpacked({x.shape, std::vector<bfloat16>(x.values.size())}, layout);
      unpack_input(context, {pixels.data(), x.shape.elements()}, unpacked.view());
      return unpacked.values();
    });
  }
}

}  // namespace
}  // namespace kindling
