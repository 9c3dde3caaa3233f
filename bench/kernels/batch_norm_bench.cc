#include "kernels/batch_norm.h"

#include "bench/kernels/op_bench.h"
#include "kernels/activation.h"

namespace kindling::bench {
namespace {

// The four stages' activations at batch 128.
void stages(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"side", "channels"})->Args({32, 64})->Args({16, 128})->Args({8, 256})->Args({4, 512});
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

Shape4 shape_of(const benchmark::State& state) {
  return {128, state.range(0), state.range(0), state.range(1)};
}

double bytes_of(const Shape4& shape, int passes) {
  return static_cast<double>(shape.elements()) * sizeof(float) * passes;
}

void batch_norm_statistics_op(benchmark::State& state) {
  const Shape4 shape = shape_of(state);
  const Floats x(shape.elements());
  const Floats gamma(shape.c), beta(shape.c), running_mean(shape.c), running_var(shape.c);
  const Floats saved_mean(shape.c), saved_inv_std(shape.c), scale(shape.c), shift(shape.c);
  const double seconds = run(state, [&] {
    batch_norm_statistics(context(), BatchNormStatistics<C>{.x = x.as(shape),
                                                            .gamma = gamma,
                                                            .beta = beta,
                                                            .running_mean = running_mean,
                                                            .running_var = running_var,
                                                            .saved_mean = saved_mean,
                                                            .saved_inv_std = saved_inv_std,
                                                            .scale = scale,
                                                            .shift = shift});
  });
  count_bytes(state, seconds, bytes_of(shape, 1));
}
BENCHMARK(batch_norm_statistics_op)->Apply(stages);

void batch_norm_backward_op(benchmark::State& state) {
  const Shape4 shape = shape_of(state);
  const Floats dy(shape.elements()), y(shape.elements()), x(shape.elements()), dx(shape.elements());
  const Floats gamma(shape.c), saved_mean(shape.c), saved_inv_std(shape.c), dgamma(shape.c), dbeta(shape.c);
  const double seconds = run(state, [&] {
    batch_norm_backward(context(), BatchNormBackward<C>{.dy = dy.as(shape),
                                                        .y = y.as(shape),
                                                        .x = x.as(shape),
                                                        .gamma = gamma,
                                                        .saved_mean = saved_mean,
                                                        .saved_inv_std = saved_inv_std,
                                                        .dgamma = dgamma,
                                                        .dbeta = dbeta,
                                                        .dx = dx.as(shape),
                                                        .dresidual = {}});
  });
  count_bytes(state, seconds, bytes_of(shape, 7));  // dy, y and x twice each, dx
}
BENCHMARK(batch_norm_backward_op)->Apply(stages);

void materialize_batch_norm_relu(benchmark::State& state) {
  const Shape4 shape = shape_of(state);
  const Floats raw(shape.elements()), y(shape.elements()), scale(shape.c), shift(shape.c);
  const double seconds = run(state, [&] {
    materialize(context(),
                Deferred<C>{.raw = raw.as(shape),
                            .scale = scale,
                            .shift = shift,
                            .residual = {},
                            .residual_scale = {},
                            .residual_shift = {},
                            .relu = true},
                y.as(shape));
  });
  count_bytes(state, seconds, bytes_of(shape, 2));
}
BENCHMARK(materialize_batch_norm_relu)->Apply(stages);

void materialize_batch_norm_add_relu(benchmark::State& state) {
  const Shape4 shape = shape_of(state);
  const Floats raw(shape.elements()), residual(shape.elements()), y(shape.elements()), scale(shape.c), shift(shape.c);
  const double seconds = run(state, [&] {
    materialize(context(),
                Deferred<C>{.raw = raw.as(shape),
                            .scale = scale,
                            .shift = shift,
                            .residual = residual.as(shape),
                            .residual_scale = {},
                            .residual_shift = {},
                            .relu = true},
                y.as(shape));
  });
  count_bytes(state, seconds, bytes_of(shape, 3));
}
BENCHMARK(materialize_batch_norm_add_relu)->Apply(stages);

void relu_backward_op(benchmark::State& state) {
  const Shape4 shape = shape_of(state);
  const Floats dy(shape.elements()), y(shape.elements()), dx(shape.elements());
  const double seconds = run(state, [&] { relu_backward(context(), dy.as(shape), y.as(shape), dx.as(shape)); });
  count_bytes(state, seconds, bytes_of(shape, 3));
}
BENCHMARK(relu_backward_op)->Apply(stages);

}  // namespace
}  // namespace kindling::bench
