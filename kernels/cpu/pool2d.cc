#include "kernels/pool2d.h"

#include <algorithm>

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/image_groups.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {

template <class T>
void global_average_pool_forward(CpuContext<T>& context, In<CpuContext<T>> x, Out<CpuContext<T>> y) {
  const OpCheck check("global_average_pool_forward", taken_layout(x));
  check.dense("x", x, x.shape);
  check.positive("H W of x", x.shape.h * x.shape.w);
  check.dense("y", y, {x.shape.n, 1, 1, x.shape.c});
  const Tiles groups = image_groups(x);
  const std::int64_t pixels = x.shape.h * x.shape.w;
  Workspace& workspace = context.workspace();
  workspace.reserve(0, static_cast<std::size_t>(groups.size * x.shape.c) * sizeof(double));
  parallel_for(context.threads(), groups.count(), [&](std::int64_t group, int thread) {
    auto* sums = reinterpret_cast<double*>(workspace.of_thread(thread));
    const std::int64_t first = groups.begin(group) * x.shape.c;
    const std::int64_t columns = groups.length(group) * x.shape.c;
    context.rows().column_sums(x.data + first * pixels, pixels, columns, sums);
    for (std::int64_t i = 0; i < columns; ++i) {
      y.data[first + i] = static_cast<T>(static_cast<float>(sums[i] / static_cast<double>(pixels)));
    }
  });
}

template <class T>
void global_average_pool_backward(CpuContext<T>& context, In<CpuContext<T>> dy, Out<CpuContext<T>> dx) {
  const OpCheck check("global_average_pool_backward", taken_layout(dx));
  check.dense("dx", dx, dx.shape);
  check.positive("H W of dx", dx.shape.h * dx.shape.w);
  check.dense("dy", dy, {dx.shape.n, 1, 1, dx.shape.c});
  const Tiles groups = image_groups(dx);
  const std::int64_t pixels = dx.shape.h * dx.shape.w;
  parallel_for(context.threads(), groups.count(), [&](std::int64_t group, int /*thread*/) {
    const std::int64_t first = groups.begin(group) * dx.shape.c;
    const std::int64_t columns = groups.length(group) * dx.shape.c;
    T* to = dx.data + first * pixels;
    for (std::int64_t i = 0; i < columns; ++i) {
      to[i] = static_cast<T>(static_cast<float>(dy.data[first + i]) / static_cast<float>(pixels));
    }
    for (std::int64_t pixel = 1; pixel < pixels; ++pixel) std::copy_n(to, columns, to + pixel * columns);
  });
}

template void global_average_pool_forward(CpuContext<float>&, In<CpuContext<float>>, Out<CpuContext<float>>);
template void global_average_pool_backward(CpuContext<float>&, In<CpuContext<float>>, Out<CpuContext<float>>);
template void global_average_pool_forward(CpuContext<bfloat16>&, In<CpuContext<bfloat16>>, Out<CpuContext<bfloat16>>);
template void global_average_pool_backward(CpuContext<bfloat16>&, In<CpuContext<bfloat16>>, Out<CpuContext<bfloat16>>);

}  // namespace kindling
