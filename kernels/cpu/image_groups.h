#pragma once

#include "kernels/core/view.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

// The images of an activation that lie interleaved, pixel by pixel: a group of `length` images is a dense
// [H W][length C] matrix. In NHWC every image is a group.
template <class Space, class T>
Tiles image_groups(const ActivationView<Space, T>& x) {
  return {x.shape.n, x.layout == Layout::kImageBlocks ? kImageBlock : 1};
}

}  // namespace kindling
