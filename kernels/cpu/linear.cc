#include "kernels/linear.h"

#include <cblas.h>

#include <algorithm>

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/taken_layout.h"

namespace kindling {
namespace {

// Each BLAS call makes a tile of the output whole, on one thread.
constexpr std::int64_t kTileImages = 32;
constexpr std::int64_t kTileChannels = 128;

// A row-major operand, `leading` elements from row to row.
struct Operand {
  const float* data;
  std::int64_t leading;
  CBLAS_TRANSPOSE transposed = CblasNoTrans;
};

struct LayerSize {
  std::int64_t n;
  std::int64_t c;
  std::int64_t k;
};

struct Product {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
};

// c [rows][columns] = beta c + a b. BLAS counts in int; a layer that doesn't fit has no place in memory.
void multiply(const Product& size, const Operand& a, const Operand& b, float beta, float* c, std::int64_t c_leading) {
  const auto as_int = [](std::int64_t value) { return static_cast<int>(value); };
  cblas_sgemm(CblasRowMajor, a.transposed, b.transposed, as_int(size.rows), as_int(size.columns), as_int(size.depth),
              1.0F, a.data, as_int(a.leading), b.data, as_int(b.leading), beta, c, as_int(c_leading));
}

// The activations of a layer as floats: themselves, or a copy in the shared workspace.
const float* as_floats(CpuContext<float>& /*context*/, In<CpuContext<float>> x) {
  return x.data;
}
const float* as_floats(CpuContext<bfloat16>& context, In<CpuContext<bfloat16>> x) {
  context.workspace().reserve(static_cast<std::size_t>(x.shape.elements()) * sizeof(float), 0);
  context.rows().widen(x.data, context.workspace().shared(), x.shape.elements());
  return context.workspace().shared();
}

// Where a tile of dx is computed: there itself, or in memory of the thread, from which `finish` rounds it.
struct GradientTile {
  static void reserve(CpuContext<float>& /*context*/, std::int64_t /*elements*/) {}
  static void reserve(CpuContext<bfloat16>& context, std::int64_t elements) {
    context.workspace().reserve(0, static_cast<std::size_t>(elements) * sizeof(float));
  }
  static float* begin(CpuContext<float>& /*context*/, int /*thread*/, float* dx) { return dx; }
  static float* begin(CpuContext<bfloat16>& context, int thread, bfloat16* /*dx*/) {
    return context.workspace().of_thread(thread);
  }
  static void finish(CpuContext<float>& /*context*/, const float* /*tile*/, float* /*dx*/, std::int64_t /*elements*/) {}
  static void finish(CpuContext<bfloat16>& context, const float* tile, bfloat16* dx, std::int64_t elements) {
    context.rows().round(tile, dx, elements);
  }
};

}  // namespace

template <class T>
void linear_forward(CpuContext<T>& context, const LinearForward<CpuContext<T>>& args) {
  const LayerSize size{args.x.shape.n, args.x.shape.c, args.b.size()};
  const OpCheck check("linear_forward", taken_layout(args.x));
  check.dense("x", args.x, {size.n, 1, 1, size.c});
  check.size("w", args.w, size.k * size.c);
  check.size("b", args.b, size.k);
  check.size("logits", args.logits, size.n * size.k);
  const float* x = as_floats(context, args.x);
  const Tiles images{size.n, kTileImages};
  parallel_for(context.threads(), images.count(), [&](std::int64_t tile, int /*thread*/) {
    float* logits = args.logits.data() + images.begin(tile) * size.k;
    for (std::int64_t n = 0; n < images.length(tile); ++n) std::copy_n(args.b.data(), size.k, logits + n * size.k);
    multiply({images.length(tile), size.k, size.c}, {x + images.begin(tile) * size.c, size.c},
             {args.w.data(), size.c, CblasTrans}, 1.0F, logits, size.k);
  });
}

template <class T>
void linear_backward(CpuContext<T>& context, const LinearBackward<CpuContext<T>>& args) {
  const LayerSize size{args.x.shape.n, args.x.shape.c, args.db.size()};
  const OpCheck check("linear_backward", taken_layout(args.x));
  check.dense("x", args.x, {size.n, 1, 1, size.c});
  check.size("w", args.w, size.k * size.c);
  check.size("dlogits", args.dlogits, size.n * size.k);
  check.dense("dx", args.dx, args.x.shape);
  check.size("dw", args.dw, size.k * size.c);
  const Tiles images{size.n, kTileImages};
  GradientTile::reserve(context, kTileImages * size.c);
  parallel_for(context.threads(), images.count(), [&](std::int64_t tile, int thread) {
    T* dx = args.dx.data + images.begin(tile) * size.c;
    float* wide = GradientTile::begin(context, thread, dx);
    multiply({images.length(tile), size.c, size.k}, {args.dlogits.data() + images.begin(tile) * size.k, size.k},
             {args.w.data(), size.c}, 0.0F, wide, size.c);
    GradientTile::finish(context, wide, dx, images.length(tile) * size.c);
  });
  const float* x = as_floats(context, args.x);
  const Tiles channels{size.c, kTileChannels};
  parallel_for(context.threads(), channels.count(), [&](std::int64_t tile, int /*thread*/) {
    multiply({size.k, channels.length(tile), size.n}, {args.dlogits.data(), size.k, CblasTrans},
             {x + channels.begin(tile), size.c}, 0.0F, args.dw.data() + channels.begin(tile), size.c);
  });
  for (std::int64_t k = 0; k < size.k; ++k) {
    double sum = 0;
    for (std::int64_t n = 0; n < size.n; ++n) sum += double{args.dlogits[n * size.k + k]};
    args.db[k] = static_cast<float>(sum);
  }
}

template void linear_forward(CpuContext<float>&, const LinearForward<CpuContext<float>>&);
template void linear_backward(CpuContext<float>&, const LinearBackward<CpuContext<float>>&);
template void linear_forward(CpuContext<bfloat16>&, const LinearForward<CpuContext<bfloat16>>&);
template void linear_backward(CpuContext<bfloat16>&, const LinearBackward<CpuContext<bfloat16>>&);

}  // namespace kindling
