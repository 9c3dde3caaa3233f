#include "kernels/linear.h"

#include <cblas.h>

#include <algorithm>

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"
#include "kernels/cpu/parallel.h"

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

}  // namespace

template <class T>
void linear_forward(CpuContext<T>& context, const LinearForward<CpuContext<T>>& args) {
  const LayerSize size{args.x.shape.n, args.x.shape.c, args.b.size()};
  const OpCheck check("linear_forward");
  check.dense("x", args.x, {size.n, 1, 1, size.c});
  check.size("w", args.w, size.k * size.c);
  check.size("b", args.b, size.k);
  check.size("logits", args.logits, size.n * size.k);
  const Tiles images{size.n, kTileImages};
  parallel_for(context.threads(), images.count(), [&](std::int64_t tile, int /*thread*/) {
    float* logits = args.logits.data() + images.begin(tile) * size.k;
    for (std::int64_t n = 0; n < images.length(tile); ++n) std::copy_n(args.b.data(), size.k, logits + n * size.k);
    multiply({images.length(tile), size.k, size.c}, {args.x.data + images.begin(tile) * size.c, size.c},
             {args.w.data(), size.c, CblasTrans}, 1.0F, logits, size.k);
  });
}

template <class T>
void linear_backward(CpuContext<T>& context, const LinearBackward<CpuContext<T>>& args) {
  const LayerSize size{args.x.shape.n, args.x.shape.c, args.db.size()};
  const OpCheck check("linear_backward");
  check.dense("x", args.x, {size.n, 1, 1, size.c});
  check.size("w", args.w, size.k * size.c);
  check.size("dlogits", args.dlogits, size.n * size.k);
  check.dense("dx", args.dx, args.x.shape);
  check.size("dw", args.dw, size.k * size.c);
  const Tiles images{size.n, kTileImages};
  parallel_for(context.threads(), images.count(), [&](std::int64_t tile, int /*thread*/) {
    multiply({images.length(tile), size.c, size.k}, {args.dlogits.data() + images.begin(tile) * size.k, size.k},
             {args.w.data(), size.c}, 0.0F, args.dx.data + images.begin(tile) * size.c, size.c);
  });
  const Tiles channels{size.c, kTileChannels};
  parallel_for(context.threads(), channels.count(), [&](std::int64_t tile, int /*thread*/) {
    multiply({size.k, channels.length(tile), size.n}, {args.dlogits.data(), size.k, CblasTrans},
             {args.x.data + channels.begin(tile), size.c}, 0.0F, args.dw.data() + channels.begin(tile), size.c);
  });
  for (std::int64_t k = 0; k < size.k; ++k) {
    double sum = 0;
    for (std::int64_t n = 0; n < size.n; ++n) sum += double{args.dlogits[n * size.k + k]};
    args.db[k] = static_cast<float>(sum);
  }
}

template void linear_forward(CpuContext<float>&, const LinearForward<CpuContext<float>>&);
template void linear_backward(CpuContext<float>&, const LinearBackward<CpuContext<float>>&);

}  // namespace kindling
