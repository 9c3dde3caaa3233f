#include "kernels/input.h"

#include <algorithm>

#include "kernels/core/batch.h"
#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

template <class T>
void unpack_input(CpuContext<T>& context, HostView<const float> pixels, Out<CpuContext<T>> x) {
  const OpCheck check("unpack_input");
  check.dense("x", x, {x.shape.n, kImageSide, kImageSide, kImageChannels});
  check.size("pixels", pixels, x.shape.elements());
  const Tiles tiles{pixels.size(), std::int64_t{64} * 1024};
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    std::copy_n(pixels.data() + tiles.begin(tile), tiles.length(tile), x.data + tiles.begin(tile));
  });
}

template void unpack_input(CpuContext<float>&, HostView<const float>, Out<CpuContext<float>>);

}  // namespace kindling
