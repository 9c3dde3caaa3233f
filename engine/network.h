#pragma once

#include <cstdint>
#include <utility>

#include "engine/activation_arena.h"
#include "engine/parameter_store.h"
#include "engine/resnet18.h"
#include "kernels/input.h"

namespace kindling {

// A ResNet-18 with its memory: parameters, activations for batches of up to max_images, input and logits. All memory is
// taken here; passes allocate nothing.
template <class C>
class Network {
 public:
  Network(C& context, const NetworkOptions& options, std::int64_t max_images)
      : Network(context, options, max_images, NetworkBuilder{}) {}

  const NetworkOptions& options() const { return options_; }
  const ResNet18& layers() const { return layers_; }
  ParameterStore<C>& parameters() { return parameters_; }
  const ParameterStore<C>& parameters() const { return parameters_; }
  const ActivationArena<C>& activations() const { return activations_; }
  std::int64_t max_images() const { return activations_.max_images(); }

  // [images, 10]; after softmax_cross_entropy in place, their gradient.
  Params<C> logits(std::int64_t images) const { return logits_.view().subview(0, images * kClasses); }

  void forward(C& context, View<typename C::space, const float> pixels, std::int64_t images, Mode mode) {
    unpack_input(context, pixels, input(images));
    layers_.forward(pass(context, images, mode), In<C>(input(images)), logits(images));
  }

  void backward(C& context, ConstParams<C> dlogits, std::int64_t images) {
    layers_.backward(pass(context, images, Mode::kTraining), In<C>(input(images)), dlogits);
  }

 private:
  Network(C& context, const NetworkOptions& options, std::int64_t max_images, NetworkBuilder builder)
      : options_(options),
        input_(builder.activations.add_activation({1, kImageSide, kImageSide, input_channels(context)})),
        layers_(builder, options),
        parameters_(context, std::move(builder.parameters)),
        activations_(context, builder.activations, max_images),
        logits_(context, max_images * kClasses, "logits") {}

  Out<C> input(std::int64_t images) const {
    Out<C> x = activations_.activation(input_, images);
    x.valid_c = kImageChannels;
    return x;
  }

  Pass<C> pass(C& context, std::int64_t images, Mode mode) {
    return Pass<C>{
        .context = context, .parameters = parameters_, .activations = activations_, .images = images, .mode = mode};
  }

  NetworkOptions options_;
  ActivationSlice input_;
  ResNet18 layers_;
  ParameterStore<C> parameters_;
  ActivationArena<C> activations_;
  Buffer<C, typename C::param_t> logits_;
};

}  // namespace kindling
