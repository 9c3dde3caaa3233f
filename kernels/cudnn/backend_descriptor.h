#pragma once

#include <cudnn.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <vector>

namespace kindling {

// The type tag under which cuDNN wants an attribute's value.
template <class T>
inline constexpr cudnnBackendAttributeType_t kCudnnType = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<std::int64_t> = CUDNN_TYPE_INT64;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<std::int32_t> = CUDNN_TYPE_INT32;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<float> = CUDNN_TYPE_FLOAT;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<char> = CUDNN_TYPE_CHAR;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnBackendKnobType_t> = CUDNN_TYPE_KNOB_TYPE;
template <>
inline constexpr cudnnBackendAttributeType_t kCudnnType<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;

// Owns one descriptor of cuDNN's graph API: create, set attributes, finalize, get attributes. Every failure throws
// Error(kDevice) (check_cudnn) with `name`, which says in messages what kind of descriptor it is.
// Source: cuDNN API reference, "cudnn_graph library".
class BackendDescriptor {
 public:
  BackendDescriptor(cudnnBackendDescriptorType_t type, const char* name);

  cudnnBackendDescriptor_t get() const { return descriptor_.get(); }

  template <class T>
  void set_all(cudnnBackendAttributeName_t attribute, std::span<const T> values,
               std::source_location where = std::source_location::current()) {
    set_raw(attribute, kCudnnType<T>, static_cast<std::int64_t>(values.size()), values.data(), where);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t attribute, const T& value,
           std::source_location where = std::source_location::current()) {
    set_raw(attribute, kCudnnType<T>, 1, &value, where);
  }
  // The other descriptor must be finalized, and outlive this one.
  void set(cudnnBackendAttributeName_t attribute, const BackendDescriptor& value,
           std::source_location where = std::source_location::current());

  void finalize(std::source_location where = std::source_location::current());
  // False where cuDNN says "not supported", which is an answer and no failure.
  [[nodiscard]] bool finalize_if_supported(std::source_location where = std::source_location::current());

  template <class T>
  T value(cudnnBackendAttributeName_t attribute, std::source_location where = std::source_location::current()) const {
    T value{};
    get_raw(attribute, kCudnnType<T>, 1, &value, where);
    return value;
  }
  // At most `capacity` of them.
  template <class T>
  std::vector<T> values(cudnnBackendAttributeName_t attribute, std::int64_t capacity,
                        std::source_location where = std::source_location::current()) const {
    std::vector<T> values(static_cast<std::size_t>(capacity));
    const std::int64_t found = get_raw(attribute, kCudnnType<T>, capacity, values.data(), where);
    values.resize(static_cast<std::size_t>(std::min(found, capacity)));
    return values;
  }
  // Descriptors that this one holds, at most `capacity`, as descriptors of their own.
  std::vector<BackendDescriptor> descriptors(cudnnBackendAttributeName_t attribute, cudnnBackendDescriptorType_t type,
                                             const char* name, std::int64_t capacity,
                                             std::source_location where = std::source_location::current()) const;
  // How many values the attribute has.
  std::int64_t count(cudnnBackendAttributeName_t attribute, cudnnBackendAttributeType_t type,
                     std::source_location where = std::source_location::current()) const {
    return get_raw(attribute, type, 0, nullptr, where);
  }

 private:
  struct Destroy {
    void operator()(cudnnBackendDescriptor_t descriptor) const noexcept { cudnnBackendDestroyDescriptor(descriptor); }
  };

  void set_raw(cudnnBackendAttributeName_t attribute, cudnnBackendAttributeType_t type, std::int64_t count,
               const void* values, std::source_location where);
  std::int64_t get_raw(cudnnBackendAttributeName_t attribute, cudnnBackendAttributeType_t type, std::int64_t capacity,
                       void* values, std::source_location where) const;

  std::unique_ptr<void, Destroy> descriptor_;
  const char* name_;
};

}  // namespace kindling
