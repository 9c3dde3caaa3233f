// Events.

#include <cuda_runtime_api.h>

#include <chrono>

#include "tests/cuda_on_cpu/state.h"

namespace kindling::cuda_on_cpu {
namespace {

double milliseconds_now() {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  return Milliseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

cudaError_t record(State& s, cudaEvent_t handle, cudaStream_t stream_handle) {
  CUevent_st* event = s.find_event(handle);
  CUstream_st* stream = s.streams.find(stream_handle);
  if (event == nullptr || stream == nullptr) return cudaErrorInvalidResourceHandle;
  event->recorded = true;
  event->in_capture = stream->capture != nullptr;
  event->capture = stream->capture;
  if (stream->capture) {
    event->clock = stream->capture->clock(*stream);
    return stream->capture->valid ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
  }
  event->milliseconds = std::make_shared<double>(0);
  const cudaError_t result = s.enqueue(
      stream_handle, {"cudaEventRecord", {}, {}, [time = event->milliseconds] { *time = milliseconds_now(); }});
  event->clock = stream->clock;
  return result;
}

// A node of the graph that is being captured: each launch records the event again. It doesn't order the capture.
// Whether a launch's node has run is not asked before its time is: callers wait for something behind the graph.
cudaError_t record_in_graph(State& s, cudaEvent_t handle, cudaStream_t stream_handle) {
  CUevent_st* event = s.find_event(handle);
  CUstream_st* stream = s.streams.find(stream_handle);
  if (event == nullptr || stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (!stream->capture) return cudaErrorInvalidValue;
  if (!stream->capture->valid) return cudaErrorStreamCaptureInvalidated;
  event->recorded = true;
  event->in_capture = false;
  event->clock = {};
  event->milliseconds = std::make_shared<double>(0);
  stream->capture->add(
      *stream, {"cudaEventRecordWithFlags", {}, {}, [time = event->milliseconds] { *time = milliseconds_now(); }});
  return cudaSuccess;
}

cudaError_t wait_for_event(State& s, cudaStream_t stream_handle, cudaEvent_t handle) {
  CUevent_st* event = s.find_event(handle);
  CUstream_st* stream = s.streams.find(stream_handle);
  if (event == nullptr || stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (!event->recorded) return cudaSuccess;
  if (event->in_capture) {
    const std::shared_ptr<Capture> capture = event->capture.lock();
    if (!capture) return cudaErrorCapturedEvent;
    if (stream->capture && stream->capture != capture) return cudaErrorStreamCaptureMerge;
    if (stream == s.streams.find(nullptr)) return cudaErrorStreamCaptureImplicit;
    capture->wait(*stream, capture, event->clock);
    return cudaSuccess;
  }
  if (stream->capture) {
    stream->capture->valid = false;
    return cudaErrorStreamCaptureIsolation;
  }
  stream->clock.join(event->clock);
  return cudaSuccess;
}

}  // namespace
}  // namespace kindling::cuda_on_cpu

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  return api([&](State& s) { return wait_for_event(s, stream, event); });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return api([&](State& s) {
    if ((flags & ~(cudaEventBlockingSync | cudaEventDisableTiming)) != 0) return cudaErrorInvalidValue;
    *event = s.create_event(flags);
    return cudaSuccess;
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return api([&](State& s) {
    CUevent_st* event = s.find_event(handle);
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    event->alive = false;
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return api([&](State& s) { return record(s, event, stream); });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return api([&](State& s) {
    if (flags == cudaEventRecordExternal) return record_in_graph(s, event, stream);
    return flags == cudaEventRecordDefault ? record(s, event, stream) : cudaErrorInvalidValue;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return api([&](State& s) {
    CUevent_st* event = s.find_event(handle);
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    if (event->in_capture) return cudaErrorCapturedEvent;
    s.wait(event->clock);
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return api([&](State& s) {
    CUevent_st* event = s.find_event(handle);
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    if (event->in_capture) return cudaErrorCapturedEvent;
    if (s.refuses_unsafe_call()) return cudaErrorStreamCaptureUnsupported;
    return s.poll(event->clock) ? cudaSuccess : cudaErrorNotReady;
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return api([&](State& s) {
    CUevent_st* first = s.find_event(start);
    CUevent_st* last = s.find_event(end);
    const auto unfit = [](const CUevent_st* event) {
      return event == nullptr || !event->recorded || event->in_capture || (event->flags & cudaEventDisableTiming) != 0;
    };
    if (unfit(first) || unfit(last)) return cudaErrorInvalidResourceHandle;
    if (!s.streams.has_run(first->clock) || !s.streams.has_run(last->clock)) return cudaErrorNotReady;
    *milliseconds = static_cast<float>(*last->milliseconds - *first->milliseconds);
    return cudaSuccess;
  });
}
