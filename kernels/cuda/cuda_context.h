#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "kernels/context.h"
#include "kernels/conv_algorithm.h"
#include "kernels/cuda/blas.h"
#include "kernels/cuda/cuda_lane.h"
#include "kernels/cuda/device_memory.h"
#include "kernels/cuda/graph_step.h"
#include "kernels/cuda/stream.h"
#include "kernels/cudnn/conv2d_plans.h"

namespace kindling {

struct CudaOptions {
  int device = 0;
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  bool tf32 = false;                                     // products of fp32 values on tensor cores (sm_80 and up)
  std::size_t workspace_bytes = std::size_t{64} << 20U;  // the most that one op may use
  Conv2dPlansOptions conv2d_plans = {};                  // for --conv cudnn
};

// Why this process can't use the device: what was found, in a few words. Empty: it can.
std::string why_no_cuda(int device = 0);

// Whether the device, which can be used, has tf32 and bf16 (sm_80 and up).
bool has_tensor_precisions(int device = 0);

// Runs ops in order on one stream of one GPU (sm_75 or newer), on behalf of one host thread; lanes copy their input on
// a second one. Ops return before they have run; errors of the device come out of a later call. Throws Error(kDevice)
// where there is no such GPU or the driver is too old, Error(kUsage) for an algorithm or a precision that it lacks.
template <class T>
class CudaContext {
 public:
  using space = DeviceSpace;
  using activation_t = T;
  using param_t = float;

  explicit CudaContext(const CudaOptions& options = {});

  const std::string& device_name() const { return device_name_; }  // "NVIDIA H100 80GB HBM3, sm_90": fixes bits
  ConvAlgorithm conv_algorithm() const { return conv_; }
  bool tf32() const { return tf32_; }
  cudaStream_t stream() const { return stream_.get(); }
  cudaStream_t copy_stream() const { return copy_stream_.get(); }
  Blas& blas() { return blas_; }
  Conv2dPlans& conv2d_plans();  // only where conv_algorithm() is kCudnn

  // Scratch memory for one op: what it holds is lost when the next op starts. The block is made once, at the first
  // call, since recorded graphs keep its address. Throws Error(kInternal) where an op wants more than there is.
  std::byte* workspace(std::size_t bytes);
  std::size_t workspace_bytes() const { return workspace_bytes_; }

 private:
  std::string device_name_;
  ConvAlgorithm conv_;
  bool tf32_;
  Stream stream_;
  Stream copy_stream_;
  Blas blas_;
  std::optional<Conv2dPlans> conv2d_plans_;
  std::size_t workspace_bytes_;
  DeviceMemory workspace_;
};

// kernels/memory.h for this context. Copies run on its stream, after all ops called so far, and are waited for.
template <class T>
DeviceMemory allocate(CudaContext<T>& context, std::size_t bytes, const char* label) {
  DeviceMemory memory = allocate_device(bytes, label);
  if (bytes > 0) check_cuda(cudaMemsetAsync(memory.get(), 0, bytes, context.stream()), "cudaMemsetAsync");
  return memory;
}

template <class T>
PinnedMemory allocate_staging(CudaContext<T>& /*context*/, std::size_t bytes, const char* label) {
  return allocate_pinned(bytes, label);
}

void copy_and_wait(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);

template <class T>
void copy_to_host(CudaContext<T>& context, void* to, const void* from, std::size_t bytes) {
  copy_and_wait(to, from, bytes, cudaMemcpyDeviceToHost, context.stream());
}
template <class T>
void copy_from_host(CudaContext<T>& context, void* to, const void* from, std::size_t bytes) {
  copy_and_wait(to, from, bytes, cudaMemcpyHostToDevice, context.stream());
}

// kernels/lane.h for this context, which must outlive the lane.
template <class T>
CudaLane make_lane(CudaContext<T>& context) {
  return CudaLane(context.stream(), context.copy_stream());
}

// kernels/step.h for this context, which must outlive the step.
template <class T>
GraphStep record_step(CudaContext<T>& context, std::function<void()> work) {
  return GraphStep(context.stream(), std::move(work));
}

}  // namespace kindling
