#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/cuda_on_cpu/clock.h"
#include "tests/cuda_on_cpu/operation.h"
#include "tests/cuda_on_cpu/stream.h"

namespace kindling::cuda_on_cpu {

// What a capture recorded: operations on lanes. A lane is one captured stream; the clocks of a graph count its lanes'
// operations, as those of a program count its streams'.
struct Graph {
  struct Node {
    std::size_t lane;
    Operation operation;  // clock: all that it comes after in the graph, and itself
  };
  std::vector<Node> nodes;  // in the order of the calls, so each after all that it waits for
  std::size_t lanes = 0;
};

// A capture under way: it begins with one stream, and a stream joins by waiting for an event of the capture.
class Capture {
 public:
  Capture(CUstream_st& origin, bool relaxed) : origin_(&origin), relaxed_(relaxed) { lane_clocks_.emplace_back(); }

  CUstream_st& origin() const { return *origin_; }
  bool relaxed() const { return relaxed_; }
  // Whether a stream of the capture synchronises with the default stream.
  bool blocking() const;
  void add(const CUstream_st& stream, Operation operation);
  // The stream's lane comes after `clock`; it joins the capture if it isn't part of it yet.
  void wait(CUstream_st& stream, const std::shared_ptr<Capture>& self, const Clock& clock);
  const Clock& clock(const CUstream_st& stream) const { return lane_clocks_[stream.capture_lane]; }

  // False if something on another stream was never joined back into the origin.
  bool joined() const;
  // Takes all streams out of the capture.
  void end();
  Graph take_graph();

  bool valid = true;  // no call has broken it

 private:
  CUstream_st* origin_;
  bool relaxed_;
  std::vector<CUstream_st*> joined_streams_;
  std::vector<Clock> lane_clocks_;
  Graph graph_;
};

}  // namespace kindling::cuda_on_cpu

struct CUgraph_st {
  kindling::cuda_on_cpu::Graph graph;
};

// An instantiated graph: one hidden stream for each lane, so that launches of the same graph follow one another and its
// lanes run in every order that its edges allow.
struct CUgraphExec_st {
  kindling::cuda_on_cpu::Graph graph;
  std::vector<CUstream_st*> streams;
};

namespace kindling::cuda_on_cpu {

// Puts the graph's operations into its streams, all after `begin`; returns the clock that comes after all of them.
// `enqueue` does it for one operation, given what else it comes after.
Clock replay(const CUgraphExec_st& graph, const Clock& begin,
             const std::function<void(CUstream_st&, Operation, const Clock&)>& enqueue);

}  // namespace kindling::cuda_on_cpu
