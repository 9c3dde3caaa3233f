// The layers of ResNet-18: each kind of residual block, forward and backward, with all that is in it
// (convolutions, batch norm, shortcut, ReLU), as the network calls it.

#include <utility>

#include "bench/kernels/op_bench.h"
#include "engine/layers/basic_block.h"

namespace kindling::bench {
namespace {

void blocks(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"side", "c", "k", "stride"})
      ->Args({32, 64, 64, 1})
      ->Args({32, 64, 128, 2})
      ->Args({16, 128, 128, 1})
      ->Args({16, 128, 256, 2})
      ->Args({8, 256, 256, 1})
      ->Args({8, 256, 512, 2})
      ->Args({4, 512, 512, 1});
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

// One block with its memory, as Network has it.
class Block {
 public:
  explicit Block(const benchmark::State& state)
      : Block({1, state.range(0), state.range(0), state.range(1)}, state.range(2), state.range(3), NetworkBuilder{}) {}

  void forward() { block_.forward(pass(), input()); }

  void backward() {
    GradientBuffers gradients{.dy = gradients_[0], .spare = gradients_[1], .scratch = gradients_[2]};
    block_.backward(pass(), input(), gradients);
  }

  // Of a forward pass; border taps count, though kernels may skip them.
  double flops() const {
    double macs = static_cast<double>(block_.conv1().shape().macs() + block_.conv2().shape().macs());
    if (block_.shortcut_conv() != nullptr) macs += static_cast<double>(block_.shortcut_conv()->shape().macs());
    return 2 * macs * static_cast<double>(images());
  }

 private:
  Block(const Shape4& image, std::int64_t k, std::int64_t stride, NetworkBuilder builder)
      : x_(builder.activations.add_activation(image)),
        block_(builder, "block", image, k, stride, NormKind::kBatch),
        gradients_{builder.activations.add_activation(image), builder.activations.add_activation(image),
                   builder.activations.add_activation(image)},
        parameters_(context(), std::move(builder.parameters)),
        activations_(context(), builder.activations, images()) {
    parameters_.initialize(context(), 1);
    fill(activations_.all());
    forward();  // a backward pass reads what it left
  }

  Pass<C> pass() {
    return {.context = context(),
            .parameters = parameters_,
            .activations = activations_,
            .images = images(),
            .mode = Mode::kTraining};
  }
  In<C> input() { return pass().activation(x_); }

  ActivationSlice x_;
  BasicBlock block_;
  ActivationSlice gradients_[3];
  ParameterStore<C> parameters_;
  ActivationArena<C> activations_;
};

void forward(benchmark::State& state) {
  const double seconds = run<Block>(state, [](Block& block) { block.forward(); });
  count_flops(state, seconds, Block(state).flops());
}
BENCHMARK(forward)->Apply(blocks);

void backward(benchmark::State& state) {
  const double seconds = run<Block>(state, [](Block& block) { block.backward(); });
  count_flops(state, seconds, 2 * Block(state).flops());  // dgrad and wgrad
}
BENCHMARK(backward)->Apply(blocks);

}  // namespace
}  // namespace kindling::bench
