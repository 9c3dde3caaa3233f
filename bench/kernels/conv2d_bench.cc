#include "kernels/conv2d.h"

#include "bench/kernels/op_bench.h"
#include "kernels/conv2d_inference.h"

namespace kindling::bench {
namespace {

// The 11 different convolutions of ResNet-18 on 32x32 images.
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

Conv2dShape shape_of(const benchmark::State& state) {
  return {.n = images(),
          .h = state.range(0),
          .w = state.range(0),
          .c = state.range(1),
          .k = state.range(2),
          .r = state.range(3),
          .stride = state.range(4),
          .pad = state.range(3) / 2};
}

struct Layer {
  explicit Layer(const benchmark::State& state) : shape(shape_of(state)) {}

  In<C> x_in() const { return x.as(shape.x_shape()); }
  In<C> y_in() const { return y.as(shape.y_shape()); }

  Conv2dShape shape;
  Activations x{shape.x_shape().elements()};
  Activations y{shape.y_shape().elements()};
  Activations w{shape.filter_elements()};
  Floats dw{shape.filter_elements()};
};

// GFLOP/s counts border taps, as is the custom; a kernel that leaves them out can exceed the machine's peak.
template <class Pass>
void time_pass(benchmark::State& state, const Pass& pass) {
  const double seconds = run<Layer>(state, pass);
  count_flops(state, seconds, 2.0 * static_cast<double>(shape_of(state).macs()));
}

void forward(benchmark::State& state) {
  time_pass(state, [](const Layer& layer) {
    conv2d_forward(context(), layer.shape, layer.x_in(), layer.w, layer.y.as(layer.shape.y_shape()));
  });
}
BENCHMARK(forward)->Apply(layers);

// With batch norm, residual and ReLU: in one pass, and in two.
template <class Inference>
void time_inference(benchmark::State& state, const Inference& inference) {
  struct InferenceLayer : Layer {
    explicit InferenceLayer(const benchmark::State& of) : Layer(of) {}
    Activations residual{shape.y_shape().elements()};
    Floats scale{shape.k};
  };
  const double seconds = run<InferenceLayer>(state, [&](const InferenceLayer& layer) {
    Deferred<C> rest;
    rest.scale = layer.scale;
    rest.shift = layer.scale;
    rest.residual = layer.residual.as(layer.shape.y_shape());
    rest.relu = true;
    inference(layer, rest, layer.y.as(layer.shape.y_shape()));
  });
  count_flops(state, seconds, 2.0 * static_cast<double>(shape_of(state).macs()));
}

void inference(benchmark::State& state) {
  time_inference(state, [](const Layer& layer, const Deferred<C>& rest, Out<C> y) {
    conv2d_inference(context(), layer.shape, layer.x_in(), layer.w, rest, y);
  });
}
BENCHMARK(inference)->Apply(layers);

void inference_in_two_passes(benchmark::State& state) {
  time_inference(state, [](const Layer& layer, const Deferred<C>& rest, Out<C> y) {
    conv2d_then_materialize<C>(context(), layer.shape, layer.x_in(), layer.w, rest, y);
  });
}
BENCHMARK(inference_in_two_passes)->Apply(layers);

void dgrad(benchmark::State& state) {
  time_pass(state, [](const Layer& layer) {
    conv2d_dgrad(context(), layer.shape, layer.y_in(), layer.w, layer.x.as(layer.shape.x_shape()), Accumulate::kAssign);
  });
}
BENCHMARK(dgrad)->Apply(layers);

void wgrad(benchmark::State& state) {
  time_pass(state,
            [](const Layer& layer) { conv2d_wgrad(context(), layer.shape, layer.x_in(), layer.y_in(), layer.dw); });
}
BENCHMARK(wgrad)->Apply(layers);

}  // namespace
}  // namespace kindling::bench
