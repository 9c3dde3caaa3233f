#include "kernels/activation.h"

#include "kernels/activation_checks.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/pointwise_rows.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {
namespace {

constexpr std::int64_t kTileFloats = std::int64_t{32} * 1024;

}  // namespace

template <class T>
void materialize(CpuContext<T>& context, const Deferred<CpuContext<T>>& value, Out<CpuContext<T>> y) {
  const Shape4& shape = value.raw.shape;
  const std::int64_t channels = shape.c;
  check_materialize<CpuContext<T>>(value, y, shape.n, taken_layout(value.raw));
  const Tiles tiles{shape.pixels(), rows_of_tile(kTileFloats, channels)};
  const PointwiseRows<T> rows = pointwise_rows<T>(value, y);
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    context.rows().materialize(part_of(rows, tiles.begin(tile) * channels, 0, tiles.length(tile), channels));
  });
}

template <class T>
void relu_backward(CpuContext<T>& context, In<CpuContext<T>> dy, In<CpuContext<T>> y, Out<CpuContext<T>> dx) {
  check_relu_backward<CpuContext<T>>(dy, y, dx, dy.shape.n, taken_layout(dy));
  const Tiles tiles{y.shape.elements(), kTileFloats};
  parallel_for(context.threads(), tiles.count(), [&](std::int64_t tile, int /*thread*/) {
    const std::int64_t offset = tiles.begin(tile);
    context.rows().relu_backward(dy.data + offset, y.data + offset, dx.data + offset, tiles.length(tile));
  });
}

template void materialize(CpuContext<float>&, const Deferred<CpuContext<float>>&, Out<CpuContext<float>>);
template void relu_backward(CpuContext<float>&, In<CpuContext<float>>, In<CpuContext<float>>, Out<CpuContext<float>>);
template void materialize(CpuContext<bfloat16>&, const Deferred<CpuContext<bfloat16>>&, Out<CpuContext<bfloat16>>);
template void relu_backward(CpuContext<bfloat16>&, In<CpuContext<bfloat16>>, In<CpuContext<bfloat16>>,
                            Out<CpuContext<bfloat16>>);

}  // namespace kindling
