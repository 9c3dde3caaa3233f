// The ops at both ends of the network, at batch 128: unpacking the input, pooling, the classifier and the loss. All of
// them are small; they are measured so that this can be seen.

#include <array>

#include "bench/kernels/op_bench.h"
#include "kernels/core/batch.h"
#include "kernels/input.h"
#include "kernels/linear.h"
#include "kernels/pool2d.h"
#include "kernels/softmax_cross_entropy.h"

namespace kindling::bench {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kChannels = 512;
constexpr Shape4 kFeatures{kBatch, 4, 4, kChannels};
constexpr Shape4 kPooled{kBatch, 1, 1, kChannels};

double bytes_of(std::int64_t floats) {
  return static_cast<double>(floats) * sizeof(float);
}

void unpack_input_op(benchmark::State& state) {
  const Shape4 shape{kBatch, kImageSide, kImageSide, kImageChannels};
  const Floats pixels(shape.elements()), x(shape.elements());
  const double seconds = run(state, [&] { unpack_input(context(), pixels, x.as(shape)); });
  count_bytes(state, seconds, bytes_of(2 * shape.elements()));
}
BENCHMARK(unpack_input_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

void pool_forward(benchmark::State& state) {
  const Floats x(kFeatures.elements()), y(kPooled.elements());
  const double seconds = run(state, [&] { global_average_pool_forward(context(), x.as(kFeatures), y.as(kPooled)); });
  count_bytes(state, seconds, bytes_of(kFeatures.elements() + kPooled.elements()));
}
BENCHMARK(pool_forward)->UseRealTime()->Unit(benchmark::kMicrosecond);

void pool_backward(benchmark::State& state) {
  const Floats dy(kPooled.elements()), dx(kFeatures.elements());
  const double seconds = run(state, [&] { global_average_pool_backward(context(), dy.as(kPooled), dx.as(kFeatures)); });
  count_bytes(state, seconds, bytes_of(kFeatures.elements() + kPooled.elements()));
}
BENCHMARK(pool_backward)->UseRealTime()->Unit(benchmark::kMicrosecond);

void linear_forward_op(benchmark::State& state) {
  const Floats x(kPooled.elements()), w(kClasses * kChannels), b(kClasses), logits(kBatch * kClasses);
  const double seconds = run(state, [&] {
    linear_forward(context(), LinearForward<C>{.x = x.as(kPooled), .w = w, .b = b, .logits = logits});
  });
  count_flops(state, seconds, 2.0 * kBatch * kClasses * kChannels);
}
BENCHMARK(linear_forward_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

void linear_backward_op(benchmark::State& state) {
  const Floats x(kPooled.elements()), w(kClasses * kChannels), dlogits(kBatch * kClasses);
  const Floats dx(kPooled.elements()), dw(kClasses * kChannels), db(kClasses);
  const double seconds = run(state, [&] {
    linear_backward(
        context(),
        LinearBackward<C>{.x = x.as(kPooled), .w = w, .dlogits = dlogits, .dx = dx.as(kPooled), .dw = dw, .db = db});
  });
  count_flops(state, seconds, 4.0 * kBatch * kClasses * kChannels);
}
BENCHMARK(linear_backward_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

void softmax_cross_entropy_op(benchmark::State& state) {
  const Floats logits(kBatch * kClasses), dlogits(kBatch * kClasses);
  std::array<std::int32_t, kBatch> labels{};
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % kClasses);
  BatchMetrics metrics;
  const double seconds = run(state, [&] {
    softmax_cross_entropy(context(), SoftmaxCrossEntropy<C>{.logits = logits,
                                                            .labels = {labels.data(), kBatch},
                                                            .classes = kClasses,
                                                            .dlogits = dlogits,
                                                            .metrics = {&metrics, 1}});
  });
  count_bytes(state, seconds, bytes_of(2 * kBatch * kClasses));
}
BENCHMARK(softmax_cross_entropy_op)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kindling::bench
