#include "kernels/conv2d.h"

#include "bench/kernels/op_bench.h"

namespace kindling::bench {
namespace {

// The 11 different convolutions of ResNet-18 on 32x32 images, at batch 128.
void layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"side", "c", "k", "r", "stride"})
      ->Args({32, 3, 64, 3, 1})
      ->Args({32, 64, 64, 3, 1})
      ->Args({32, 64, 128, 3, 2})
      ->Args({16, 128, 128, 3, 1})
      ->Args({16, 128, 256, 3, 2})
      ->Args({8, 256, 256, 3, 1})
      ->Args({8, 256, 512, 3, 2})
      ->Args({4, 512, 512, 3, 1})
      ->Args({32, 64, 128, 1, 2})
      ->Args({16, 128, 256, 1, 2})
      ->Args({8, 256, 512, 1, 2});
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

struct Layer {
  explicit Layer(const benchmark::State& state)
      : shape{.n = 128,
              .h = state.range(0),
              .w = state.range(0),
              .c = state.range(1),
              .k = state.range(2),
              .r = state.range(3),
              .stride = state.range(4),
              .pad = state.range(3) / 2},
        x(shape.x_shape().elements()),
        w(shape.filter_elements()),
        y(shape.y_shape().elements()) {}

  Conv2dShape shape;
  Floats x;
  Floats w;
  Floats y;
};

// GFLOP/s counts border taps, as is the custom; a kernel that leaves them out can exceed the machine's peak.
template <class Pass>
void time_pass(benchmark::State& state, const Pass& pass) {
  const Layer layer(state);
  const double seconds = run(state, [&] { pass(layer); });
  count_flops(state, seconds, 2.0 * static_cast<double>(layer.shape.macs()));
}

void forward(benchmark::State& state) {
  time_pass(state, [](const Layer& layer) {
    conv2d_forward(context(), layer.shape, layer.x.as(layer.shape.x_shape()), layer.w,
                   layer.y.as(layer.shape.y_shape()));
  });
}
BENCHMARK(forward)->Apply(layers);

void dgrad(benchmark::State& state) {
  time_pass(state, [](const Layer& layer) {
    conv2d_dgrad(context(), layer.shape, layer.y.as(layer.shape.y_shape()), layer.w, layer.x.as(layer.shape.x_shape()),
                 Accumulate::kAssign);
  });
}
BENCHMARK(dgrad)->Apply(layers);

void wgrad(benchmark::State& state) {
  time_pass(state, [](const Layer& layer) {
    conv2d_wgrad(context(), layer.shape, layer.x.as(layer.shape.x_shape()), layer.y.as(layer.shape.y_shape()), layer.w);
  });
}
BENCHMARK(wgrad)->Apply(layers);

}  // namespace
}  // namespace kindling::bench
