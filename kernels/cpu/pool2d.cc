#include "kernels/pool2d.h"

#include <algorithm>

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

namespace kindling {

template <class T>
void global_average_pool_forward(CpuContext<T>& context, In<CpuContext<T>> x, Out<CpuContext<T>> y) {
  const OpCheck check("global_average_pool_forward");
  check.dense("x", x, x.shape);
  check.positive("H W of x", x.shape.h * x.shape.w);
  check.dense("y", y, {x.shape.n, 1, 1, x.shape.c});
  const std::int64_t channels = x.shape.c;
  const std::int64_t pixels = x.shape.h * x.shape.w;
  Workspace& workspace = context.workspace();
  workspace.reserve(0, static_cast<std::size_t>(channels) * sizeof(double));
  parallel_for(context.threads(), x.shape.n, [&](std::int64_t n, int thread) {
    auto* sums = reinterpret_cast<double*>(workspace.of_thread(thread));
    context.simd().column_sums(x.data + n * pixels * channels, pixels, channels, sums);
    for (std::int64_t c = 0; c < channels; ++c) {
      y.data[n * channels + c] = static_cast<float>(sums[c] / static_cast<double>(pixels));
    }
  });
}

template <class T>
void global_average_pool_backward(CpuContext<T>& context, In<CpuContext<T>> dy, Out<CpuContext<T>> dx) {
  const OpCheck check("global_average_pool_backward");
  check.dense("dx", dx, dx.shape);
  check.positive("H W of dx", dx.shape.h * dx.shape.w);
  check.dense("dy", dy, {dx.shape.n, 1, 1, dx.shape.c});
  const std::int64_t channels = dx.shape.c;
  const std::int64_t pixels = dx.shape.h * dx.shape.w;
  parallel_for(context.threads(), dx.shape.n, [&](std::int64_t n, int /*thread*/) {
    float* image = dx.data + n * pixels * channels;
    for (std::int64_t c = 0; c < channels; ++c) image[c] = dy.data[n * channels + c] / static_cast<float>(pixels);
    for (std::int64_t pixel = 1; pixel < pixels; ++pixel) std::copy_n(image, channels, image + pixel * channels);
  });
}

template void global_average_pool_forward(CpuContext<float>&, In<CpuContext<float>>, Out<CpuContext<float>>);
template void global_average_pool_backward(CpuContext<float>&, In<CpuContext<float>>, Out<CpuContext<float>>);

}  // namespace kindling
