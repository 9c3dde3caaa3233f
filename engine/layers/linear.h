#pragma once

#include <cstdint>
#include <string>

#include "engine/layers/pass.h"
#include "kernels/linear.h"

namespace kindling {

// The classifier: [N,1,1,C] to logits [N,K], with bias.
class Linear {
 public:
  Linear(NetworkBuilder& builder, const std::string& name, std::int64_t c, std::int64_t k)
      : c_(c),
        k_(k),
        weight_(builder.parameters.add_parameter(name + ".weight", {k, c}, Initializer::kUniformFanIn, c)),
        bias_(builder.parameters.add_parameter(name + ".bias", {k}, Initializer::kUniformFanIn, c)) {}

  std::int64_t inputs() const { return c_; }
  std::int64_t outputs() const { return k_; }

  template <class C>
  void forward(const Pass<C>& pass, In<C> x, Params<C> logits) const {
    linear_forward(
        pass.context,
        LinearForward<C>{
            .x = x, .w = pass.parameters.value(weight_), .b = pass.parameters.value(bias_), .logits = logits});
  }

  template <class C>
  void backward(const Pass<C>& pass, In<C> x, ConstParams<C> dlogits, Out<C> dx) const {
    linear_backward(pass.context, LinearBackward<C>{.x = x,
                                                    .w = pass.parameters.value(weight_),
                                                    .dlogits = dlogits,
                                                    .dx = dx,
                                                    .dw = pass.parameters.gradient(weight_),
                                                    .db = pass.parameters.gradient(bias_)});
  }

 private:
  std::int64_t c_;
  std::int64_t k_;
  std::int64_t weight_;
  std::int64_t bias_;
};

}  // namespace kindling
