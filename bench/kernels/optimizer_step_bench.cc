#include "kernels/optimizer_step.h"

#include "bench/kernels/op_bench.h"

namespace kindling::bench {
namespace {

// The arena of the full-width network, about 11.2 million parameters.
std::int64_t parameters() {
  return machine().settings.tiny ? 10'000 : 11'180'000;
}

// `passes`: how often a step reads or writes the arena at least.
void count_passes(benchmark::State& state, double seconds, int passes) {
  count_bytes(state, seconds, static_cast<double>(passes * parameters()) * sizeof(float));
}

struct Arena {
  explicit Arena(const benchmark::State& /*state*/) {
    const StepScalars values{.lr = 1e-6, .step = 2};
    from_host<C, StepScalars>(context(), scalars.view(), {&values, 1});
  }

  Floats params{parameters()}, grads{parameters()};
  Buffer<C, StepScalars> scalars{context(), 1, "step scalars"};
};

struct OneMoment : Arena {
  using Arena::Arena;
  Floats moment{parameters(), Range::kPositive};  // an average of squares is not negative
};

struct TwoMoments : OneMoment {
  using OneMoment::OneMoment;
  Floats second{parameters(), Range::kPositive};
};

void sgd_momentum(benchmark::State& state) {
  const double seconds = run<OneMoment>(state, [](const OneMoment& on) {
    sgd_step(context(), SgdStep<C>{.params = on.params,
                                   .grads = on.grads,
                                   .momentum_buffer = on.moment,
                                   .scalars = on.scalars.view(),
                                   .momentum = 0.9,
                                   .weight_decay = 5e-4});
  });
  count_passes(state, seconds, 5);  // params and momentum in and out, grads in
}
BENCHMARK(sgd_momentum)->UseRealTime()->Unit(benchmark::kMillisecond);

void adagrad(benchmark::State& state) {
  const double seconds = run<OneMoment>(state, [](const OneMoment& on) {
    adagrad_step(
        context(),
        AdagradStep<C>{
            .params = on.params, .grads = on.grads, .sum_of_squares = on.moment, .scalars = on.scalars.view()});
  });
  count_passes(state, seconds, 5);
}
BENCHMARK(adagrad)->UseRealTime()->Unit(benchmark::kMillisecond);

void adadelta(benchmark::State& state) {
  const double seconds = run<TwoMoments>(state, [](const TwoMoments& on) {
    adadelta_step(context(), AdadeltaStep<C>{.params = on.params,
                                             .grads = on.grads,
                                             .square_average = on.moment,
                                             .accumulate_delta = on.second,
                                             .scalars = on.scalars.view()});
  });
  count_passes(state, seconds, 7);
}
BENCHMARK(adadelta)->UseRealTime()->Unit(benchmark::kMillisecond);

void adam(benchmark::State& state) {
  const double seconds = run<TwoMoments>(state, [](const TwoMoments& on) {
    adam_step(context(), AdamStep<C>{.params = on.params,
                                     .grads = on.grads,
                                     .first_moment = on.moment,
                                     .second_moment = on.second,
                                     .scalars = on.scalars.view()});
  });
  count_passes(state, seconds, 7);
}
BENCHMARK(adam)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kindling::bench
