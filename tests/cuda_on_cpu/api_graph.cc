// Stream capture and graphs.

#include <cuda_runtime_api.h>

#include "tests/cuda_on_cpu/state.h"

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return api([&](State& s) {
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream == s.streams.find(nullptr)) return cudaErrorStreamCaptureUnsupported;
    if (stream->capture) return cudaErrorIllegalState;
    stream->capture = std::make_shared<Capture>(*stream, mode == cudaStreamCaptureModeRelaxed);
    stream->capture_lane = 0;
    s.captures.insert(stream->capture);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  return api([&](State& s) {
    *graph = nullptr;
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (!stream->capture) return cudaErrorIllegalState;
    const std::shared_ptr<Capture> capture = stream->capture;
    if (&capture->origin() != stream) return cudaErrorStreamCaptureUnmatched;
    capture->end();
    s.captures.erase(capture);
    if (!capture->valid) return cudaErrorStreamCaptureInvalidated;
    if (!capture->joined()) return cudaErrorStreamCaptureUnjoined;
    auto made = std::make_unique<CUgraph_st>(CUgraph_st{capture->take_graph()});
    *graph = made.get();
    s.graphs.emplace(*graph, std::move(made));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return api([&](State& s) {
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    *status = !stream->capture         ? cudaStreamCaptureStatusNone
              : stream->capture->valid ? cudaStreamCaptureStatusActive
                                       : cudaStreamCaptureStatusInvalidated;
    return cudaSuccess;
  });
}

// Only the number of nodes: they have no handles here.
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return api([&](State& s) {
    const auto found = s.graphs.find(graph);
    if (found == s.graphs.end()) return cudaErrorInvalidValue;
    if (nodes != nullptr) return cudaErrorNotSupported;
    *count = found->second->graph.nodes.size();
    return cudaSuccess;
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long /*flags*/) {
  return api([&](State& s) {
    const auto found = s.graphs.find(graph);
    if (found == s.graphs.end()) return cudaErrorInvalidValue;
    auto made = std::make_unique<CUgraphExec_st>(CUgraphExec_st{found->second->graph, {}});
    for (std::size_t lane = 0; lane < made->graph.lanes; ++lane) made->streams.push_back(s.streams.create_hidden());
    *executable = made.get();
    s.executables.emplace(*executable, std::move(made));
    return cudaSuccess;
  });
}

// Between two marks in the stream, so that the stream's other work comes before or after the whole graph.
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t handle) {
  return api([&](State& s) {
    const auto found = s.executables.find(executable);
    if (found == s.executables.end()) return cudaErrorInvalidValue;
    CUstream_st* stream = s.streams.find(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture) return cudaErrorNotSupported;  // a graph within a graph
    const Operation mark{"cudaGraphLaunch", {}, {}, [] {}};
    const cudaError_t result = s.enqueue(handle, mark);
    if (result != cudaSuccess) return result;
    const ArenaAccess access(s.arena);  // once for all of them: opening is slow
    const Clock end = replay(*found->second, stream->clock, [&s](auto& lane, Operation operation, const Clock& after) {
      s.enqueue_now(lane, std::move(operation), after);
    });
    s.enqueue_now(*stream, mark, end);
    return cudaSuccess;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return api([&](State& s) { return s.graphs.erase(graph) == 1 ? cudaSuccess : cudaErrorInvalidValue; });
}

// Launches that haven't run yet keep what they need.
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  return api([&](State& s) { return s.executables.erase(executable) == 1 ? cudaSuccess : cudaErrorInvalidValue; });
}
