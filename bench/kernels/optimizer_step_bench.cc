#include "kernels/optimizer_step.h"

#include "bench/kernels/op_bench.h"

namespace kindling::bench {
namespace {

// The arena of the full-width network, about 11.2 million parameters.
constexpr std::int64_t kParameters = 11'180'000;
constexpr StepScalars kScalars{.lr = 1e-6, .step = 2};

// Bytes that one step reads and writes at least, for so many passes over the arena.
double bytes_of(int passes) {
  return static_cast<double>(kParameters) * sizeof(float) * passes;
}

// Moments that are averages of squares must not be negative.
Floats squares() {
  Floats values(kParameters);
  for (std::int64_t i = 0; i < kParameters; ++i) values.data()[i] *= values.data()[i];
  return values;
}

void sgd_momentum(benchmark::State& state) {
  const Floats params(kParameters), grads(kParameters), momentum(kParameters);
  const double seconds = run(state, [&] {
    sgd_step(context(), SgdStep<C>{.params = params,
                                   .grads = grads,
                                   .momentum_buffer = momentum,
                                   .scalars = {&kScalars, 1},
                                   .momentum = 0.9,
                                   .weight_decay = 5e-4});
  });
  count_bytes(state, seconds, bytes_of(5));  // params and momentum in and out, grads in
}
BENCHMARK(sgd_momentum)->UseRealTime()->Unit(benchmark::kMillisecond);

void adagrad(benchmark::State& state) {
  const Floats params(kParameters), grads(kParameters), sum = squares();
  const double seconds = run(state, [&] {
    adagrad_step(context(),
                 AdagradStep<C>{.params = params, .grads = grads, .sum_of_squares = sum, .scalars = {&kScalars, 1}});
  });
  count_bytes(state, seconds, bytes_of(5));
}
BENCHMARK(adagrad)->UseRealTime()->Unit(benchmark::kMillisecond);

void adadelta(benchmark::State& state) {
  const Floats params(kParameters), grads(kParameters), square_average = squares(), delta = squares();
  const double seconds = run(state, [&] {
    adadelta_step(context(), AdadeltaStep<C>{.params = params,
                                             .grads = grads,
                                             .square_average = square_average,
                                             .accumulate_delta = delta,
                                             .scalars = {&kScalars, 1}});
  });
  count_bytes(state, seconds, bytes_of(7));
}
BENCHMARK(adadelta)->UseRealTime()->Unit(benchmark::kMillisecond);

void adam(benchmark::State& state) {
  const Floats params(kParameters), grads(kParameters), first(kParameters), second = squares();
  const double seconds = run(state, [&] {
    adam_step(context(), AdamStep<C>{.params = params,
                                     .grads = grads,
                                     .first_moment = first,
                                     .second_moment = second,
                                     .scalars = {&kScalars, 1}});
  });
  count_bytes(state, seconds, bytes_of(7));
}
BENCHMARK(adam)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kindling::bench
