#include "kernels/cudnn/backend_descriptor.h"

#include <algorithm>

#include "kernels/cudnn/cudnn_check.h"

namespace kindling {
namespace {

// For example "cudnnBackendSetAttribute(tensor, attribute 902)".
std::string call_text(const char* function, const char* descriptor, cudnnBackendAttributeName_t attribute) {
  return std::string(function) + "(" + descriptor + ", attribute " + std::to_string(attribute) + ")";
}

}  // namespace

BackendDescriptor::BackendDescriptor(cudnnBackendDescriptorType_t type, const char* name) : name_(name) {
  cudnnBackendDescriptor_t descriptor = nullptr;
  check_cudnn(cudnnBackendCreateDescriptor(type, &descriptor),
              std::string("cudnnBackendCreateDescriptor(") + name + ")");
  descriptor_.reset(descriptor);
}

void BackendDescriptor::set(cudnnBackendAttributeName_t attribute, const BackendDescriptor& value,
                            std::source_location where) {
  const cudnnBackendDescriptor_t descriptor = value.get();
  set_raw(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &descriptor, where);
}

void BackendDescriptor::finalize(std::source_location where) {
  check_cudnn(cudnnBackendFinalize(get()), std::string("cudnnBackendFinalize(") + name_ + ")", where);
}

bool BackendDescriptor::finalize_if_supported(std::source_location where) {
  const cudnnStatus_t status = cudnnBackendFinalize(get());
  if (CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED) return false;
  check_cudnn(status, std::string("cudnnBackendFinalize(") + name_ + ")", where);
  return true;
}

std::vector<BackendDescriptor> BackendDescriptor::descriptors(cudnnBackendAttributeName_t attribute,
                                                              cudnnBackendDescriptorType_t type, const char* name,
                                                              std::int64_t capacity, std::source_location where) const {
  std::vector<BackendDescriptor> held;
  std::vector<cudnnBackendDescriptor_t> raw;  // cuDNN fills descriptors that the caller made
  for (std::int64_t i = 0; i < capacity; ++i) raw.push_back(held.emplace_back(type, name).get());
  const std::int64_t found = get_raw(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, capacity, raw.data(), where);
  held.erase(held.begin() + std::min(found, capacity), held.end());
  return held;
}

void BackendDescriptor::set_raw(cudnnBackendAttributeName_t attribute, cudnnBackendAttributeType_t type,
                                std::int64_t count, const void* values, std::source_location where) {
  const cudnnStatus_t status = cudnnBackendSetAttribute(get(), attribute, type, count, values);
  if (status != CUDNN_STATUS_SUCCESS)
    check_cudnn(status, call_text("cudnnBackendSetAttribute", name_, attribute), where);
}

std::int64_t BackendDescriptor::get_raw(cudnnBackendAttributeName_t attribute, cudnnBackendAttributeType_t type,
                                        std::int64_t capacity, void* values, std::source_location where) const {
  std::int64_t count = 0;
  const cudnnStatus_t status = cudnnBackendGetAttribute(get(), attribute, type, capacity, &count, values);
  if (status != CUDNN_STATUS_SUCCESS)
    check_cudnn(status, call_text("cudnnBackendGetAttribute", name_, attribute), where);
  return count;
}

}  // namespace kindling
