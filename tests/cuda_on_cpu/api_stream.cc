// Streams.

#include <cuda_runtime_api.h>

#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

cudaError_t create_stream(cudaStream_t* stream, unsigned flags) {
  return api([&](State& s) {
    if ((flags & ~unsigned{cudaStreamNonBlocking}) != 0) return cudaErrorInvalidValue;
    *stream = s.streams.create(flags);
    return cudaSuccess;
  });
}

}  // namespace
}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return create_stream(stream, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return create_stream(stream, flags);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int /*priority*/) {
  return create_stream(stream, flags);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = *greatest = 0;
  return cudaSuccess;
}

// What is still in the stream runs later, as on the device.
cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return api([&](State& s) {
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr || stream == s.streams.find(nullptr)) return cudaErrorInvalidResourceHandle;
    if (stream->capture) stream->capture->valid = false;
    stream->alive = false;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return api([&](State& s) {
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture) {
      stream->capture->valid = false;
      return cudaErrorStreamCaptureUnsupported;
    }
    s.wait(s.streams.tail(*stream));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return api([&](State& s) {
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture) {
      stream->capture->valid = false;
      return cudaErrorStreamCaptureUnsupported;
    }
    return s.poll(s.streams.tail(*stream)) ? cudaSuccess : cudaErrorNotReady;
  });
}
