#include "kernels/cpu/conv2d_wgrad_slices.h"

#include <algorithm>

#include "kernels/cpu/conv2d_gather.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

void add_slices(int threads, const float* slices, std::int64_t count, HostView<float> dw) {
  const Tiles tiles{dw.size(), std::int64_t{16} * 1024};
  parallel_for(threads, tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const Span span = span_of(tiles, tile);
    std::copy(slices + span.begin, slices + span.end, dw.data() + span.begin);
    for (std::int64_t slice = 1; slice < count; ++slice) {
      const float* from = slices + slice * dw.size();
      for (std::int64_t i = span.begin; i < span.end; ++i) dw[i] += from[i];
    }
  });
}

}  // namespace kindling
