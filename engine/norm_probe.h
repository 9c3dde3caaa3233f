#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/network.h"

namespace kindling {

// Stem, four stages and classifier.
inline constexpr std::int64_t kNormStages = 6;

// How large the numbers of one stage of the network are: what tells a network that trains from one that blows up.
struct StageNorms {
  std::string stage;          // "stem", "stage1" to "stage4", "classifier"
  double activation_rms = 0;  // root mean square of the stage's output (of the classifier: of its input, the features)
  double gradient_norm = 0;   // 2-norm over the gradients of all its parameters, without weight decay
  double weight_norm = 0;     // 2-norm over all its parameters
};

// The stage that a parameter belongs to, by its name in files: "layer2.0.conv1.weight" is of "stage2".
std::string stage_of(const std::string& parameter);

template <class T>
double sum_of_squares(const std::vector<T>& values) {
  double sum = 0;
  for (const T value : values) sum += static_cast<double>(static_cast<float>(value)) * static_cast<float>(value);
  return sum;
}

// After a training step on `images` images: activations and gradients are that step's, weights those after it. Copies
// them to the host, which takes about as long as a few batches on a device; sums in double.
template <class C>
std::vector<StageNorms> measure_norms(C& context, const Network<C>& network, std::int64_t images) {
  using Parameter = typename C::param_t;
  using Activation = typename C::activation_t;
  const ParameterStore<C>& store = network.parameters();
  std::vector<StageNorms> norms;
  for (const StageOutput& output : network.layers().stage_outputs()) {
    const Out<C> y = network.activations().activation(output.y, images);
    const View<typename C::space, const Activation> all(y.data, y.shape.elements());
    const double squares = sum_of_squares(to_host<C, Activation>(context, all));
    norms.push_back({.stage = output.stage, .activation_rms = std::sqrt(squares / static_cast<double>(all.size()))});
  }
  const std::vector<Parameter> weights = to_host<C, Parameter>(context, ConstParams<C>(store.values()));
  const std::vector<Parameter> gradients = to_host<C, Parameter>(context, ConstParams<C>(store.gradients()));
  for (StageNorms& stage : norms) {
    for (const ParameterInfo& info : store.layout().parameters()) {
      if (stage_of(info.name) != stage.stage) continue;
      const auto slice = [&info](const std::vector<Parameter>& arena) {
        const auto begin = arena.begin() + info.offset;
        return std::vector<Parameter>(begin, begin + info.size);
      };
      stage.weight_norm += sum_of_squares(slice(weights));
      stage.gradient_norm += sum_of_squares(slice(gradients));
    }
    stage.weight_norm = std::sqrt(stage.weight_norm);
    stage.gradient_norm = std::sqrt(stage.gradient_norm);
  }
  return norms;
}

}  // namespace kindling
