#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <type_traits>

#include "kernels/cuda/cuda_check.h"

namespace kindling {

// Owners of CUDA's objects: a handle, and the call that destroys it. Destructors ignore failures.
template <auto destroy>
struct DestroyCudaObject {
  template <class Object>
  void operator()(Object* object) const noexcept {
    static_cast<void>(destroy(object));
  }
};

using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyCudaObject<cudaStreamDestroy>>;
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyCudaObject<cudaGraphDestroy>>;
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyCudaObject<cudaEventDestroy>>;
using GraphExec = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyCudaObject<cudaGraphExecDestroy>>;

// A stream that doesn't wait for the default stream.
inline Stream make_stream() {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return Stream(stream);
}

// `flags`: cudaEventDefault, cudaEventDisableTiming, cudaEventBlockingSync.
inline Event make_event(unsigned flags = cudaEventDefault) {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, flags), "cudaEventCreateWithFlags");
  return Event(event);
}

}  // namespace kindling
