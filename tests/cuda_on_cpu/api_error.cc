// Errors: cudaGetLastError and the names and texts of the errors that this runtime returns.

#include <cuda_runtime_api.h>

#include <utility>

#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

struct ErrorText {
  cudaError_t error;
  const char* name;
  const char* text;
};

#define KINDLING_ERROR(error, text) \
  ErrorText {                       \
    error, #error, text             \
  }

constexpr ErrorText kErrors[] = {
    KINDLING_ERROR(cudaSuccess, "no error"),
    KINDLING_ERROR(cudaErrorInvalidValue, "invalid argument"),
    KINDLING_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    KINDLING_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    KINDLING_ERROR(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    KINDLING_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    KINDLING_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    KINDLING_ERROR(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version"),
    KINDLING_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    KINDLING_ERROR(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
    KINDLING_ERROR(cudaErrorNotReady, "device not ready"),
    KINDLING_ERROR(cudaErrorNotSupported, "operation not supported"),
    KINDLING_ERROR(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    KINDLING_ERROR(cudaErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture"),
    KINDLING_ERROR(cudaErrorStreamCaptureMerge, "operation would result in a merge of separate capture sequences"),
    KINDLING_ERROR(cudaErrorStreamCaptureUnmatched,
                   "operation failed because capture was not initiated in this stream"),
    KINDLING_ERROR(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    KINDLING_ERROR(cudaErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream"),
    KINDLING_ERROR(cudaErrorStreamCaptureImplicit,
                   "operation would make the legacy stream depend on a capturing blocking stream"),
    KINDLING_ERROR(cudaErrorCapturedEvent, "operation not permitted on an event last recorded in a capturing stream"),
};

#undef KINDLING_ERROR

const ErrorText* find_error(cudaError_t error) {
  for (const ErrorText& known : kErrors) {
    if (known.error == error) return &known;
  }
  return nullptr;
}

}  // namespace
}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaGetLastError() {
  return std::exchange(last_error(), cudaSuccess);
}

cudaError_t cudaPeekAtLastError() {
  return last_error();
}

const char* cudaGetErrorName(cudaError_t error) {
  const ErrorText* known = find_error(error);
  return known != nullptr ? known->name : "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  const ErrorText* known = find_error(error);
  return known != nullptr ? known->text : "unrecognized error code";
}
