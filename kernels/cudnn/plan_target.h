#pragma once

#include <cudnn.h>

#include <optional>
#include <string>
#include <string_view>

#include "kernels/cudnn/backend_descriptor.h"

namespace kindling {

// What plans are made for: the GPU behind a cuDNN handle, whose plans can run, or a GPU that is only described, for
// which heuristics, support checks, workspace sizes and plans are the same but nothing can run. The second needs no GPU
// and no driver: it is how the tests ask cuDNN what it accepts. The handle must outlive the target.
// Source: cuDNN documentation, "Deviceless Ahead-of-time Compilation" (cuDNN 9.8 and later).
class PlanTarget {
 public:
  explicit PlanTarget(cudnnHandle_t handle) : handle_(handle) {}
  // `json`: what device_description_json() gives on a machine with such a GPU. Throws Error(kDevice) for text that
  // cuDNN can't read.
  static PlanTarget from_json(std::string_view json);

  // Each tells one kind of descriptor about the GPU, before it is finalized.
  void set_on_graph(BackendDescriptor& graph) const;
  void set_on_heuristics(BackendDescriptor& heuristics) const;
  void set_on_plan(BackendDescriptor& plan) const;

 private:
  explicit PlanTarget(BackendDescriptor properties) : properties_(std::move(properties)) {}

  cudnnHandle_t handle_ = nullptr;
  std::optional<BackendDescriptor> properties_;
};

// One line of JSON that describes CUDA device number `device` as cuDNN sees it. Throws Error(kDevice) without a GPU.
std::string device_description_json(int device);

}  // namespace kindling
