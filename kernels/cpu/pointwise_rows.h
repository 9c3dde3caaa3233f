#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/core/view.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/simd/simd_kernels.h"

namespace kindling {

// A Deferred and where it goes as the arguments of RowKernels::materialize: all rows of it.
template <class T>
PointwiseRows<T> pointwise_rows(const Deferred<CpuContext<T>>& value, const Out<CpuContext<T>>& y) {
  const auto data_or_null = [](const HostView<const float>& values) {
    return values.empty() ? nullptr : values.data();
  };
  return {.raw = value.raw.data,
          .scale = data_or_null(value.scale),
          .shift = data_or_null(value.shift),
          .residual = value.residual.empty() ? nullptr : value.residual.data,
          .residual_scale = data_or_null(value.residual_scale),
          .residual_shift = data_or_null(value.residual_shift),
          .y = y.data,
          .pixels = y.shape.pixels(),
          .stride = y.shape.c,
          .channels = y.shape.c,
          .relu = value.relu};
}

// Some channels of some rows: the first element is `offset` elements behind that of `rows`, in channel first_channel.
template <class T>
PointwiseRows<T> part_of(PointwiseRows<T> rows, std::int64_t offset, std::int64_t first_channel, std::int64_t pixels,
                         std::int64_t channels) {
  rows.raw += offset;
  rows.y += offset;
  if (rows.residual != nullptr) rows.residual += offset;
  for (const float** values : {&rows.scale, &rows.shift, &rows.residual_scale, &rows.residual_shift}) {
    if (*values != nullptr) *values += first_channel;
  }
  rows.pixels = pixels;
  rows.channels = channels;
  return rows;
}

}  // namespace kindling
