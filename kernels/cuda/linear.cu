#include "kernels/linear.h"

#include "kernels/core/check.h"
#include "kernels/cuda/block_sums.h"
#include "kernels/cuda/cast.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {
namespace {

// logits[n] = b for every image: what the product is added to.
__global__ void bias_kernel(const float* b, float* logits, unsigned elements, unsigned classes) {
  const unsigned i = blockIdx.x * kBlockThreads + threadIdx.x;
  if (i < elements) logits[i] = b[i % classes];
}

// db[k] = sum over the images, by one column of a block's threads.
__global__ void bias_gradient_kernel(const float* dlogits, float* db, unsigned images, unsigned classes) {
  KINDLING_SHARED(double, shared, kBlockThreads);
  const unsigned k = blockIdx.x * blockDim.x + threadIdx.x;
  double sum[1] = {};
  for (unsigned n = threadIdx.y; k < classes && n < images; n += blockDim.y) {
    sum[0] += double{dlogits[std::int64_t{n} * classes + k]};
  }
  sum_over_rows_of_block(sum, shared);
  if (threadIdx.y == 0 && k < classes) db[k] = static_cast<float>(sum[0]);
}

// The layer's products are in fp32. Activations of another type pass through the workspace.
template <class T>
constexpr bool kIsFloat = std::is_same_v<T, float>;

template <class T>
float* float_workspace(CudaContext<T>& context, std::int64_t elements) {
  return reinterpret_cast<float*>(context.workspace(static_cast<std::size_t>(elements) * sizeof(float)));
}

template <class T>
const float* as_floats(CudaContext<T>& context, const T* x, std::int64_t elements) {
  if constexpr (kIsFloat<T>) {
    return x;
  } else {
    float* const copy = float_workspace(context, elements);
    cast(x, copy, elements, context.stream());
    return copy;
  }
}

}  // namespace

template <class T>
void linear_forward(CudaContext<T>& context, const LinearForward<CudaContext<T>>& args) {
  const std::int64_t n = args.x.shape.n;
  const std::int64_t c = args.x.shape.c;
  const std::int64_t k = args.b.size();
  const OpCheck check("linear_forward");
  check.dense("x", args.x, {n, 1, 1, c});
  check.size("w", args.w, k * c);
  check.size("b", args.b, k);
  check.size("logits", args.logits, n * k);
  if (n * k == 0) return;
  launch(bias_kernel, grid_for(n * k), dim3(kBlockThreads), 0, context.stream(), args.b.data(), args.logits.data(),
         n * k, k);
  const float* const x = as_floats(context, args.x.data, n * c);
  context.blas().multiply({.rows = n, .columns = k, .depth = c}, {.data = x, .leading = c},
                          {.data = args.w.data(), .leading = c, .transposed = true}, 1.0F, args.logits.data());
}

template <class T>
void linear_backward(CudaContext<T>& context, const LinearBackward<CudaContext<T>>& args) {
  const std::int64_t n = args.x.shape.n;
  const std::int64_t c = args.x.shape.c;
  const std::int64_t k = args.db.size();
  const OpCheck check("linear_backward");
  check.dense("x", args.x, {n, 1, 1, c});
  check.size("w", args.w, k * c);
  check.size("dlogits", args.dlogits, n * k);
  check.dense("dx", args.dx, args.x.shape);
  check.size("dw", args.dw, k * c);
  if (n * k == 0) return;
  const float* const x = as_floats(context, args.x.data, n * c);
  context.blas().multiply({.rows = k, .columns = c, .depth = n},
                          {.data = args.dlogits.data(), .leading = k, .transposed = true}, {.data = x, .leading = c},
                          0.0F, args.dw.data());
  const MatrixProduct dx_size{.rows = n, .columns = c, .depth = k};
  const MatrixOperand dlogits{.data = args.dlogits.data(), .leading = k};
  const MatrixOperand w{.data = args.w.data(), .leading = c};
  if constexpr (kIsFloat<T>) {
    context.blas().multiply(dx_size, dlogits, w, 0.0F, args.dx.data);
  } else {
    float* const dx = float_workspace(context, n * c);  // x's copy, which was read before
    context.blas().multiply(dx_size, dlogits, w, 0.0F, dx);
    cast(dx, args.dx.data, n * c, context.stream());
  }
  const RowBlocks blocks = row_blocks(n, k, 1);
  launch(bias_gradient_kernel, blocks.grid(), blocks.block(), 0, context.stream(), args.dlogits.data(), args.db.data(),
         n, k);
}

#define KINDLING_INSTANTIATE(T)                                                        \
  template void linear_forward(CudaContext<T>&, const LinearForward<CudaContext<T>>&); \
  template void linear_backward(CudaContext<T>&, const LinearBackward<CudaContext<T>>&);
KINDLING_INSTANTIATE(float)
KINDLING_INSTANTIATE(bfloat16)
#undef KINDLING_INSTANTIATE

}  // namespace kindling
