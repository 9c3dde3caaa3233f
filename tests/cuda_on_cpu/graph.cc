#include "tests/cuda_on_cpu/graph.h"

#include <algorithm>
#include <utility>

namespace kindling::cuda_on_cpu {

bool Capture::blocking() const {
  return cuda_on_cpu::blocking(*origin_) ||
         std::any_of(joined_streams_.begin(), joined_streams_.end(),
                     [](const CUstream_st* stream) { return cuda_on_cpu::blocking(*stream); });
}

void Capture::add(const CUstream_st& stream, Operation operation) {
  Clock& clock = lane_clocks_[stream.capture_lane];
  clock.raise(stream.capture_lane, clock[stream.capture_lane] + 1);
  operation.clock = clock;
  graph_.nodes.push_back({stream.capture_lane, std::move(operation)});
}

void Capture::wait(CUstream_st& stream, const std::shared_ptr<Capture>& self, const Clock& clock) {
  if (!stream.capture) {
    stream.capture = self;
    stream.capture_lane = lane_clocks_.size();
    joined_streams_.push_back(&stream);
    lane_clocks_.emplace_back();
  }
  lane_clocks_[stream.capture_lane].join(clock);
}

bool Capture::joined() const {
  for (const Clock& clock : lane_clocks_) {
    if (!lane_clocks_[origin_->capture_lane].covers(clock)) return false;
  }
  return true;
}

void Capture::end() {
  origin_->capture.reset();
  for (CUstream_st* stream : joined_streams_) stream->capture.reset();
}

Graph Capture::take_graph() {
  graph_.lanes = lane_clocks_.size();
  return std::move(graph_);
}

Clock replay(const CUgraphExec_st& graph, const Clock& begin,
             const std::function<void(CUstream_st&, Operation, const Clock&)>& enqueue) {
  std::vector<std::uint32_t> earlier;  // operations of earlier launches, by lane
  for (const CUstream_st* stream : graph.streams) earlier.push_back(stream->clock[stream->index]);
  for (const Graph::Node& node : graph.graph.nodes) {
    Clock after = begin;
    for (std::size_t lane = 0; lane < graph.streams.size(); ++lane) {
      const std::uint32_t count = node.operation.clock[lane] - (lane == node.lane ? 1 : 0);
      if (count > 0) after.raise(graph.streams[lane]->index, earlier[lane] + count);
    }
    enqueue(*graph.streams[node.lane], node.operation, after);
  }
  Clock end = begin;
  for (const CUstream_st* stream : graph.streams) end.join(stream->clock);
  return end;
}

}  // namespace kindling::cuda_on_cpu
