#pragma once

#include <cstdint>
#include <vector>

#include "engine/layers/basic_block.h"
#include "engine/layers/linear.h"
#include "kernels/core/batch.h"
#include "kernels/pool2d.h"

namespace kindling {

struct NetworkOptions {
  std::int64_t width = 64;  // channels of the first stage; the others have 2, 4 and 8 times as many
  NormKind norm = NormKind::kBatch;
  bool operator==(const NetworkOptions&) const = default;
};

// Where the output of a stage lies after a forward pass.
struct StageOutput {
  const char* stage;
  ActivationSlice y;
};

// ResNet-18 for 32x32 images (He et al., 2015; the form of kuangliu/pytorch-cifar): a 3x3 stem without max-pool, four
// stages of two basic blocks, average pool, linear classifier. A plain struct of layers, called in order; the backward
// pass is written out by hand in the opposite order. It holds no memory: see Network (engine/network.h).
class ResNet18 {
 public:
  ResNet18(NetworkBuilder& builder, const NetworkOptions& options);

  // The extent of the input and of the largest activation, for one image.
  static constexpr Shape4 kInputImage{1, kImageSide, kImageSide, kImageChannels};

  // x: the batch, as unpack_input left it. logits: [N, 10].
  template <class C>
  void forward(const Pass<C>& pass, In<C> x, Params<C> logits) const {
    conv_norm_relu(pass, stem_, stem_norm_, x, Deferred<C>{}, pass.activation(stem_y_));
    In<C> y = pass.activation(stem_y_);
    for (const BasicBlock& block : blocks_) y = block.forward(pass, y);
    global_average_pool_forward(pass.context, y, pass.activation(pooled_));
    classifier_.forward(pass, In<C>(pass.activation(pooled_)), logits);
  }

  // Fills every gradient of the parameters from dlogits, after a forward pass in training mode over the same x. The
  // gradient of x itself is not needed and not computed.
  template <class C>
  void backward(const Pass<C>& pass, In<C> x, ConstParams<C> dlogits) const {
    const Out<C> dpooled = pass.activation({gradients_[1].offset_per_image, pooled_.image});
    classifier_.backward(pass, In<C>(pass.activation(pooled_)), dlogits, dpooled);
    GradientBuffers gradients{.dy = gradients_[0], .spare = gradients_[1], .scratch = gradients_[2]};
    global_average_pool_backward(pass.context, In<C>(dpooled),
                                 pass.activation({gradients.dy.offset_per_image, blocks_.back().output_image()}));
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      const In<C> block_x = i == 0 ? pass.activation(stem_y_) : blocks_[i - 1].y(pass);
      blocks_[i].backward(pass, block_x, gradients);
    }
    const Out<C> dstem = pass.activation({gradients.dy.offset_per_image, stem_.output_image()});
    stem_norm_.backward(pass, In<C>(stem_.y(pass)),
                        NormGradients<C>{.dy = dstem, .y = pass.activation(stem_y_), .dx = dstem, .dresidual = {}});
    stem_.backward_weights(pass, x, In<C>(dstem));
  }

  // In the order of the forward pass.
  std::vector<const Conv2d*> convolutions() const;
  const Linear& classifier() const { return classifier_; }
  // Of "stem", "stage1" to "stage4", and the features that "classifier" reads; a backward pass leaves them as they are.
  std::vector<StageOutput> stage_outputs() const;

 private:
  Conv2d stem_;
  Norm stem_norm_;
  ActivationSlice stem_y_;
  std::vector<BasicBlock> blocks_;
  ActivationSlice pooled_;
  Linear classifier_;
  ActivationSlice gradients_[3];
};

}  // namespace kindling
