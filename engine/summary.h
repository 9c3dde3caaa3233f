#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/resnet18.h"

namespace kindling {

struct LayerSummary {
  std::string name;  // as in files, without ".weight"
  std::string kind;  // "conv 3x3 s1", "batch norm", "linear"
  Shape4 output;     // for one image
  std::int64_t parameters = 0;
  std::int64_t macs = 0;  // multiply-accumulates of a forward pass of one image; 0 for what isn't a matrix product
};

// One row for each layer that has parameters, in the order of the forward pass.
std::vector<LayerSummary> summarize(const ResNet18& network, const ParameterLayout& layout);

// Floating-point operations of a training step, for one image: forward, dgrad and wgrad each take two for a
// multiply-accumulate of the forward pass; the first layer has no dgrad. Border taps count, though kernels may skip
// them.
double training_flops_per_image(const std::vector<LayerSummary>& layers);
// Those of the forward pass alone.
double inference_flops_per_image(const std::vector<LayerSummary>& layers);

}  // namespace kindling
