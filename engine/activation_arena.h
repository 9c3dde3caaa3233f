#pragma once

#include <cstdint>

#include "engine/buffer.h"
#include "kernels/activation_layout.h"
#include "kernels/context.h"
#include "kernels/core/shape.h"

namespace kindling {

// Where one activation lies in the arena, and its extent for one image (n = 1).
struct ActivationSlice {
  std::int64_t offset_per_image = 0;
  Shape4 image;
};

// A run of per-channel values (batch statistics, scale and shift) that live for one pass.
struct ChannelSlice {
  std::int64_t offset = 0;
  std::int64_t size = 0;
};

// Plans an arena: layers reserve what they write, once, when the network is built.
class ActivationLayout {
 public:
  ActivationSlice add_activation(const Shape4& image) {
    const ActivationSlice slice{.offset_per_image = elements_per_image_, .image = image};
    elements_per_image_ += aligned(image.elements());
    return slice;
  }
  ChannelSlice add_channels(std::int64_t size) {
    const ChannelSlice slice{.offset = channel_elements_, .size = size};
    channel_elements_ += aligned(size);
    return slice;
  }

  std::int64_t elements_per_image() const { return elements_per_image_; }
  std::int64_t channel_elements() const { return channel_elements_; }

 private:
  static constexpr std::int64_t kAlignmentElements = 128;  // 256 bytes of a 16-bit type
  static std::int64_t aligned(std::int64_t elements) {
    return (elements + kAlignmentElements - 1) / kAlignmentElements * kAlignmentElements;
  }

  std::int64_t elements_per_image_ = 0;
  std::int64_t channel_elements_ = 0;
};

// The memory of a plan for batches of up to max_images. A smaller batch uses the front of each activation.
template <class C>
class ActivationArena {
 public:
  ActivationArena(C& context, const ActivationLayout& layout, std::int64_t max_images)
      : max_images_(max_images),
        layout_(activation_layout(context)),
        activations_(context, layout.elements_per_image() * max_images, "activations"),
        channels_(context, layout.channel_elements(), "batch statistics") {}

  std::int64_t max_images() const { return max_images_; }

  Out<C> activation(const ActivationSlice& slice, std::int64_t images) const {
    const Shape4 shape{images, slice.image.h, slice.image.w, slice.image.c};
    return Out<C>(activations_.view().data() + slice.offset_per_image * max_images_, shape, layout_, images, shape.c);
  }
  Params<C> channels(const ChannelSlice& slice) const { return channels_.view().subview(slice.offset, slice.size); }
  // Every activation, for looking at the whole (tests, statistics).
  View<typename C::space, typename C::activation_t> all() const { return activations_.view(); }

 private:
  std::int64_t max_images_;
  Layout layout_;
  Buffer<C, typename C::activation_t> activations_;
  Buffer<C, typename C::param_t> channels_;
};

}  // namespace kindling
