// The ops at both ends of the network: unpacking the input, pooling, the classifier and the loss. All of them are
// small; they are measured so that this can be seen.

#include "bench/kernels/op_bench.h"
#include "kernels/core/batch.h"
#include "kernels/input.h"
#include "kernels/linear.h"
#include "kernels/pool2d.h"
#include "kernels/softmax_cross_entropy.h"

namespace kindling::bench {
namespace {

constexpr std::int64_t kChannels = 512;

double float_bytes(std::int64_t floats) {
  return static_cast<double>(floats) * sizeof(float);
}

struct Input {
  explicit Input(const benchmark::State& /*state*/) {}

  Shape4 shape{images(), kImageSide, kImageSide, kImageChannels};
  Values<float> pixels{shape.elements()};
  Activations x{shape.elements()};
};

void unpack_input_op(benchmark::State& state) {
  const double seconds =
      run<Input>(state, [](const Input& on) { unpack_input(context(), on.pixels, on.x.as(on.shape)); });
  const std::int64_t elements = images() * kImageElements;
  count_bytes(state, seconds, float_bytes(elements) + activation_bytes(elements));
}
BENCHMARK(unpack_input_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

struct Head {
  explicit Head(const benchmark::State& /*state*/) {}

  Shape4 features_shape{images(), 4, 4, kChannels};
  Shape4 pooled_shape{images(), 1, 1, kChannels};
  Activations features{features_shape.elements()};
  Activations pooled{pooled_shape.elements()};
  Activations pooled_gradient{pooled_shape.elements()};
  Floats w{kClasses * kChannels}, b{kClasses}, dw{kClasses * kChannels}, db{kClasses};
  Floats logits{images() * kClasses}, dlogits{images() * kClasses};
  Buffer<C, std::int32_t> labels{context(), images(), "labels"};  // all 0
  Buffer<C, BatchMetrics> metrics{context(), 1, "metrics"};
};

void count_pool_bytes(benchmark::State& state, double seconds) {
  count_bytes(state, seconds, activation_bytes(images() * (16 + 1) * kChannels));
}

void pool_forward(benchmark::State& state) {
  const double seconds = run<Head>(state, [](const Head& on) {
    global_average_pool_forward(context(), on.features.as(on.features_shape), on.pooled.as(on.pooled_shape));
  });
  count_pool_bytes(state, seconds);
}
BENCHMARK(pool_forward)->UseRealTime()->Unit(benchmark::kMicrosecond);

void pool_backward(benchmark::State& state) {
  const double seconds = run<Head>(state, [](const Head& on) {
    global_average_pool_backward(context(), on.pooled.as(on.pooled_shape), on.features.as(on.features_shape));
  });
  count_pool_bytes(state, seconds);
}
BENCHMARK(pool_backward)->UseRealTime()->Unit(benchmark::kMicrosecond);

double linear_flops() {
  return 2.0 * static_cast<double>(images() * kClasses * kChannels);
}

void linear_forward_op(benchmark::State& state) {
  const double seconds = run<Head>(state, [](const Head& on) {
    linear_forward(context(),
                   LinearForward<C>{.x = on.pooled.as(on.pooled_shape), .w = on.w, .b = on.b, .logits = on.logits});
  });
  count_flops(state, seconds, linear_flops());
}
BENCHMARK(linear_forward_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

void linear_backward_op(benchmark::State& state) {
  const double seconds = run<Head>(state, [](const Head& on) {
    linear_backward(context(), LinearBackward<C>{.x = on.pooled.as(on.pooled_shape),
                                                 .w = on.w,
                                                 .dlogits = on.dlogits,
                                                 .dx = on.pooled_gradient.as(on.pooled_shape),
                                                 .dw = on.dw,
                                                 .db = on.db});
  });
  count_flops(state, seconds, 2 * linear_flops());
}
BENCHMARK(linear_backward_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

void softmax_cross_entropy_op(benchmark::State& state) {
  const double seconds = run<Head>(state, [](const Head& on) {
    softmax_cross_entropy(context(), SoftmaxCrossEntropy<C>{.logits = on.logits,
                                                            .labels = on.labels.view(),
                                                            .classes = kClasses,
                                                            .dlogits = on.dlogits,
                                                            .metrics = on.metrics.view()});
  });
  count_bytes(state, seconds, float_bytes(2 * images() * kClasses));
}
BENCHMARK(softmax_cross_entropy_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kindling::bench
