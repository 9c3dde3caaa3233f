#include "kernels/input.h"

#include "kernels/core/batch.h"
#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/image_groups.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {

template <class T>
void unpack_input(CpuContext<T>& context, HostView<const float> pixels, Out<CpuContext<T>> x) {
  const OpCheck check("unpack_input", taken_layout(x));
  check.dense("x", x, {x.shape.n, kImageSide, kImageSide, kImageChannels});
  check.size("pixels", pixels, x.shape.elements());
  constexpr std::int64_t kRow = kImageSide * kImageChannels;
  const Tiles groups = image_groups(x);
  parallel_for(context.threads(), groups.count() * kImageSide, [&](std::int64_t item, int /*thread*/) {
    const std::int64_t group = item / kImageSide;
    const std::int64_t images = groups.length(group);
    const float* from = pixels.data() + groups.begin(group) * kImageSide * kRow + item % kImageSide * kRow;
    T* to = x.data + groups.begin(group) * kImageSide * kRow + item % kImageSide * kRow * images;
    if (images == 1) return context.rows().round(from, to, kRow);
    for (std::int64_t w = 0; w < kRow; w += kImageChannels) {
      for (std::int64_t i = 0; i < images; ++i) {
        for (std::int64_t c = 0; c < kImageChannels; ++c) *to++ = static_cast<T>(from[i * kImageSide * kRow + w + c]);
      }
    }
  });
}

template void unpack_input(CpuContext<float>&, HostView<const float>, Out<CpuContext<float>>);
template void unpack_input(CpuContext<bfloat16>&, HostView<const float>, Out<CpuContext<bfloat16>>);

}  // namespace kindling
