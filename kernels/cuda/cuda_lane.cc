#include "kernels/cuda/cuda_lane.h"

namespace kindling {

CudaLane::CudaLane(cudaStream_t compute, cudaStream_t copy)
    : compute_(compute),
      copy_(copy),
      uploaded_(make_event(cudaEventDisableTiming)),
      begun_(make_event(cudaEventDefault)),
      ended_(make_event(cudaEventBlockingSync)) {}

CudaLane::~CudaLane() {
  static_cast<void>(cudaStreamSynchronize(copy_));
  static_cast<void>(cudaEventSynchronize(ended_.get()));
}

void CudaLane::upload(void* to, const void* from, std::size_t bytes) {
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, copy_), "cudaMemcpyAsync");
}

void CudaLane::begin() {
  check_cuda(cudaEventRecord(uploaded_.get(), copy_), "cudaEventRecord");
  check_cuda(cudaStreamWaitEvent(compute_, uploaded_.get(), 0), "cudaStreamWaitEvent");
  check_cuda(cudaEventRecord(begun_.get(), compute_), "cudaEventRecord");
}

void CudaLane::download(void* to, const void* from, std::size_t bytes) {
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, compute_), "cudaMemcpyAsync");
}

void CudaLane::end() {
  check_cuda(cudaEventRecord(ended_.get(), compute_), "cudaEventRecord");
}

void CudaLane::wait() {
  check_cuda(cudaEventSynchronize(ended_.get()), "cudaEventSynchronize");
}

double CudaLane::milliseconds() const {
  float elapsed = 0;
  check_cuda(cudaEventElapsedTime(&elapsed, begun_.get(), ended_.get()), "cudaEventElapsedTime");
  return double{elapsed};
}

}  // namespace kindling
