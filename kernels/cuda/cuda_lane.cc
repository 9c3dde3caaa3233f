#include "kernels/cuda/cuda_lane.h"

#include "kernels/core/clock.h"

namespace kindling {
namespace {

double milliseconds_between(const Event& begin, const Event& end) {
  float elapsed = 0;
  check_cuda(cudaEventElapsedTime(&elapsed, begin.get(), end.get()), "cudaEventElapsedTime");
  return double{elapsed};
}

}  // namespace

CudaLane::CudaLane(cudaStream_t compute, cudaStream_t copy)
    : compute_(compute),
      copy_(copy),
      made_(make_event(cudaEventBlockingSync)),
      upload_begun_(make_event()),
      uploaded_(make_event()),
      begun_(make_event()),
      marks_{Mark{Phase::kForward, make_event()}, Mark{Phase::kBackward, make_event()},
             Mark{Phase::kOptimizer, make_event()}},
      ended_(make_event(cudaEventBlockingSync)) {
  check_cuda(cudaEventRecord(made_.get(), copy_), "cudaEventRecord");
  check_cuda(cudaEventSynchronize(made_.get()), "cudaEventSynchronize");
  made_ns_ = now_ns();
}

CudaLane::~CudaLane() {
  static_cast<void>(cudaStreamSynchronize(copy_));
  static_cast<void>(cudaEventSynchronize(ended_.get()));
}

void CudaLane::upload(void* to, const void* from, std::size_t bytes) {
  if (!is_uploading_) check_cuda(cudaEventRecord(upload_begun_.get(), copy_), "cudaEventRecord");
  is_uploading_ = true;
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, copy_), "cudaMemcpyAsync");
}

void CudaLane::begin() {
  check_cuda(cudaEventRecord(uploaded_.get(), copy_), "cudaEventRecord");
  check_cuda(cudaStreamWaitEvent(compute_, uploaded_.get(), 0), "cudaStreamWaitEvent");
  check_cuda(cudaEventRecord(begun_.get(), compute_), "cudaEventRecord");
  is_uploading_ = false;
}

void CudaLane::mark(Phase phase) {
  for (Mark& mark : marks_) {
    if (mark.phase != phase) continue;
    mark.is_used = true;
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    check_cuda(cudaStreamIsCapturing(compute_, &status), "cudaStreamIsCapturing");
    // Without the flag an event recorded in a capture only orders the capture, and has no time.
    const unsigned flags = status == cudaStreamCaptureStatusActive ? cudaEventRecordExternal : cudaEventRecordDefault;
    check_cuda(cudaEventRecordWithFlags(mark.event.get(), compute_, flags), "cudaEventRecordWithFlags");
  }
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
  return milliseconds_between(begun_, ended_);
}

std::int64_t CudaLane::host_ns(const Event& event) const {
  return made_ns_ + static_cast<std::int64_t>(milliseconds_between(made_, event) * 1e6);
}

DeviceTimes CudaLane::device_times() const {
  DeviceTimes times;
  times.copy_ms = milliseconds_between(upload_begun_, uploaded_);
  times.copy_begin_ns = host_ns(upload_begun_);
  times.compute_begin_ns = host_ns(begun_);
  double* const phase_ms[] = {&times.forward_ms, &times.backward_ms, &times.optimizer_ms};
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (!marks_[i].is_used) break;
    const bool is_last = i + 1 == marks_.size() || !marks_[i + 1].is_used;
    *phase_ms[i] = milliseconds_between(marks_[i].event, is_last ? ended_ : marks_[i + 1].event);
  }
  return times;
}

}  // namespace kindling
