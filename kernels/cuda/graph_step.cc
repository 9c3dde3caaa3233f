#include "kernels/cuda/graph_step.h"

namespace kindling {
namespace {

// What `work` puts into the stream, as a graph; nothing of it runs.
Graph capture(cudaStream_t stream, const std::function<void()>& work) {
  cudaGraph_t graph = nullptr;
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  try {
    work();
  } catch (...) {
    static_cast<void>(cudaStreamEndCapture(stream, &graph));  // the first error is the one to tell
    const Graph unfinished(graph);
    throw;
  }
  check_cuda(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  return Graph(graph);
}

GraphExec instantiate(const Graph& graph) {
  cudaGraphExec_t executable = nullptr;
  check_cuda(cudaGraphInstantiate(&executable, graph.get(), 0), "cudaGraphInstantiate");
  return GraphExec(executable);
}

}  // namespace

void GraphStep::replay() {
  if (!warm_) {
    work_();
    warm_ = true;
    return;
  }
  if (!graph_) graph_ = instantiate(capture(stream_, work_));
  check_cuda(cudaGraphLaunch(graph_.get(), stream_), "cudaGraphLaunch");
}

}  // namespace kindling
