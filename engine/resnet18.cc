#include "engine/resnet18.h"

#include <string>

namespace kindling {
namespace {

std::vector<BasicBlock> make_blocks(NetworkBuilder& builder, const Shape4& stem_image, const NetworkOptions& options) {
  std::vector<BasicBlock> blocks;
  Shape4 image = stem_image;
  for (std::int64_t stage = 0; stage < 4; ++stage) {
    for (std::int64_t block = 0; block < 2; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      blocks.emplace_back(builder, name, image, options.width << stage, stride, options.norm);
      image = blocks.back().output_image();
    }
  }
  return blocks;
}

}  // namespace

ResNet18::ResNet18(NetworkBuilder& builder, const NetworkOptions& options)
    : stem_(builder, "conv1", kInputImage, options.width, 3, 1),
      stem_norm_(builder, "bn1", options.width, options.norm),
      stem_y_(builder.activations.add_activation(stem_.output_image())),
      blocks_(make_blocks(builder, stem_.output_image(), options)),
      pooled_(builder.activations.add_activation({1, 1, 1, options.width << 3})),
      classifier_(builder, "linear", options.width << 3, kClasses) {
  // The stem's output is as large as an activation gets: later stages halve both sides and double the channels.
  for (ActivationSlice& gradient : gradients_) gradient = builder.activations.add_activation(stem_.output_image());
}

std::vector<StageOutput> ResNet18::stage_outputs() const {
  return {{"stem", stem_y_},
          {"stage1", blocks_[1].y_slice()},
          {"stage2", blocks_[3].y_slice()},
          {"stage3", blocks_[5].y_slice()},
          {"stage4", blocks_[7].y_slice()},
          {"classifier", pooled_}};
}

std::vector<const Conv2d*> ResNet18::convolutions() const {
  std::vector<const Conv2d*> all{&stem_};
  for (const BasicBlock& block : blocks_) {
    all.push_back(&block.conv1());
    all.push_back(&block.conv2());
    if (block.shortcut_conv() != nullptr) all.push_back(block.shortcut_conv());
  }
  return all;
}

}  // namespace kindling
