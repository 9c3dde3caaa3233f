#include "kernels/batch_norm.h"

#include "bench/kernels/op_bench.h"
#include "kernels/activation.h"

namespace kindling::bench {
namespace {

// The four stages' activations.
void stages(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"side", "channels"})->Args({32, 64})->Args({16, 128})->Args({8, 256})->Args({4, 512});
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

Shape4 shape_of(const benchmark::State& state) {
  return {images(), state.range(0), state.range(0), state.range(1)};
}

// Each activation that an op reads or writes is a pass over so many bytes.
void count_passes(benchmark::State& state, double seconds, int passes) {
  count_bytes(state, seconds, passes * activation_bytes(shape_of(state).elements()));
}

struct Statistics {
  explicit Statistics(const benchmark::State& state) : shape(shape_of(state)) {}

  Shape4 shape;
  Activations x{shape.elements()};
  Floats gamma{shape.c}, beta{shape.c}, running_mean{shape.c}, running_var{shape.c};
  Floats saved_mean{shape.c}, saved_inv_std{shape.c}, scale{shape.c}, shift{shape.c};
};

void batch_norm_statistics_op(benchmark::State& state) {
  const double seconds = run<Statistics>(state, [](const Statistics& on) {
    batch_norm_statistics(context(), BatchNormStatistics<C>{.x = on.x.as(on.shape),
                                                            .gamma = on.gamma,
                                                            .beta = on.beta,
                                                            .running_mean = on.running_mean,
                                                            .running_var = on.running_var,
                                                            .saved_mean = on.saved_mean,
                                                            .saved_inv_std = on.saved_inv_std,
                                                            .scale = on.scale,
                                                            .shift = on.shift});
  });
  count_passes(state, seconds, 1);
}
BENCHMARK(batch_norm_statistics_op)->Apply(stages);

struct Backward {
  explicit Backward(const benchmark::State& state) : shape(shape_of(state)) {}

  Shape4 shape;
  Activations dy{shape.elements()}, y{shape.elements()}, x{shape.elements()}, dx{shape.elements()};
  Floats gamma{shape.c}, saved_mean{shape.c}, saved_inv_std{shape.c}, dgamma{shape.c}, dbeta{shape.c};
};

void batch_norm_backward_op(benchmark::State& state) {
  const double seconds = run<Backward>(state, [](const Backward& on) {
    batch_norm_backward(context(), BatchNormBackward<C>{.dy = on.dy.as(on.shape),
                                                        .y = on.y.as(on.shape),
                                                        .x = on.x.as(on.shape),
                                                        .gamma = on.gamma,
                                                        .saved_mean = on.saved_mean,
                                                        .saved_inv_std = on.saved_inv_std,
                                                        .dgamma = on.dgamma,
                                                        .dbeta = on.dbeta,
                                                        .dx = on.dx.as(on.shape),
                                                        .dresidual = {}});
  });
  count_passes(state, seconds, 7);  // dy, y and x twice each, dx
}
BENCHMARK(batch_norm_backward_op)->Apply(stages);

struct Pointwise {
  explicit Pointwise(const benchmark::State& state) : shape(shape_of(state)) {}

  Deferred<C> value(Out<C> residual_or_nothing) const {
    return {.raw = raw.as(shape),
            .scale = scale,
            .shift = shift,
            .residual = residual_or_nothing,
            .residual_scale = {},
            .residual_shift = {},
            .relu = true};
  }

  Shape4 shape;
  Activations raw{shape.elements()}, residual{shape.elements()}, y{shape.elements()};
  Floats scale{shape.c}, shift{shape.c};
};

void materialize_batch_norm_relu(benchmark::State& state) {
  const double seconds =
      run<Pointwise>(state, [](const Pointwise& on) { materialize(context(), on.value({}), on.y.as(on.shape)); });
  count_passes(state, seconds, 2);
}
BENCHMARK(materialize_batch_norm_relu)->Apply(stages);

void materialize_batch_norm_add_relu(benchmark::State& state) {
  const double seconds = run<Pointwise>(state, [](const Pointwise& on) {
    materialize(context(), on.value(on.residual.as(on.shape)), on.y.as(on.shape));
  });
  count_passes(state, seconds, 3);
}
BENCHMARK(materialize_batch_norm_add_relu)->Apply(stages);

void relu_backward_op(benchmark::State& state) {
  const double seconds = run<Pointwise>(state, [](const Pointwise& on) {
    relu_backward(context(), on.raw.as(on.shape), on.y.as(on.shape), on.residual.as(on.shape));
  });
  count_passes(state, seconds, 3);
}
BENCHMARK(relu_backward_op)->Apply(stages);

}  // namespace
}  // namespace kindling::bench
