#include "engine/summary.h"

#include <map>

namespace kindling {
namespace {

constexpr const char* kWeightSuffix = ".weight";

bool is_weight(const std::string& name) {
  return name.ends_with(kWeightSuffix);
}

std::string layer_name(const std::string& weight_name) {
  return weight_name.substr(0, weight_name.size() - std::string(kWeightSuffix).size());
}

std::string kind_of(const Conv2dShape& shape) {
  const std::string side = std::to_string(shape.r);
  return "conv " + side + "x" + side + " s" + std::to_string(shape.stride);
}

}  // namespace

std::vector<LayerSummary> summarize(const ResNet18& network, const ParameterLayout& layout) {
  std::map<std::int64_t, const Conv2d*> convolution_of_weight;
  for (const Conv2d* convolution : network.convolutions()) convolution_of_weight[convolution->weight()] = convolution;

  std::vector<LayerSummary> rows;
  Shape4 image = ResNet18::kInputImage;
  for (std::size_t i = 0; i < layout.parameters().size(); ++i) {
    const ParameterInfo& parameter = layout.parameters()[i];
    if (!is_weight(parameter.name)) {  // a bias belongs to the row of its weight
      rows.back().parameters += parameter.size;
      continue;
    }
    LayerSummary row{.name = layer_name(parameter.name), .kind = "batch norm", .output = image};
    row.parameters = parameter.size;
    const auto found = convolution_of_weight.find(static_cast<std::int64_t>(i));
    if (found != convolution_of_weight.end()) {
      const Conv2d& convolution = *found->second;
      image = convolution.output_image();
      row.kind = kind_of(convolution.shape());
      row.output = image;
      row.macs = convolution.shape().macs();
    } else if (parameter.shape.size() == 2) {
      row.kind = "linear";
      row.output = {1, 1, 1, network.classifier().outputs()};
      row.macs = parameter.size;
    }
    rows.push_back(row);
  }
  return rows;
}

double training_flops_per_image(const std::vector<LayerSummary>& layers) {
  constexpr std::int64_t kPasses = 3;
  std::int64_t macs = 0;
  for (const LayerSummary& layer : layers) macs += kPasses * layer.macs;
  if (!layers.empty()) macs -= layers.front().macs;
  return 2 * static_cast<double>(macs);
}

double inference_flops_per_image(const std::vector<LayerSummary>& layers) {
  std::int64_t macs = 0;
  for (const LayerSummary& layer : layers) macs += layer.macs;
  return 2 * static_cast<double>(macs);
}

}  // namespace kindling
