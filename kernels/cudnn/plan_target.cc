#include "kernels/cudnn/plan_target.h"

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/core/error.h"

namespace kindling {
namespace {

BackendDescriptor properties_descriptor() {
  return BackendDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, "device properties");
}

}  // namespace

PlanTarget PlanTarget::from_json(std::string_view json) {
  try {
    BackendDescriptor properties = properties_descriptor();
    properties.set_all(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, std::span<const char>(json.data(), json.size()));
    properties.finalize();
    return PlanTarget(std::move(properties));
  } catch (const Error& error) {
    throw Error(error.code(), std::string("can't read the description of a GPU: ") + error.what());
  }
}

void PlanTarget::set_on_graph(BackendDescriptor& graph) const {
  if (handle_ != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
}

void PlanTarget::set_on_heuristics(BackendDescriptor& heuristics) const {
  if (properties_) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *properties_);
}

void PlanTarget::set_on_plan(BackendDescriptor& plan) const {
  if (properties_) {
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *properties_);
  } else {
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
  }
}

std::string device_description_json(int device) {
  BackendDescriptor properties = properties_descriptor();
  properties.set(CUDNN_ATTR_DEVICEPROP_DEVICE_ID, static_cast<std::int32_t>(device));
  properties.finalize();
  const std::int64_t bytes = properties.count(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR);
  const std::vector<char> text = properties.values<char>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, bytes);
  std::string json(text.begin(), text.end());
  json.resize(json.find_last_not_of('\0') + 1);
  return json;
}

}  // namespace kindling
