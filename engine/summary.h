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

}  // namespace kindling
