#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/core/phase.h"
#include "kernels/cuda/stream.h"
#include "kernels/lane.h"

namespace kindling {

// A lane of a CUDA context (kernels/lane.h): uploads run on the copy stream, everything else on the compute stream,
// which waits for the uploads by an event. The host waits by blocking, not by spinning: the loader needs the core.
class CudaLane {
 public:
  CudaLane(cudaStream_t compute, cudaStream_t copy);
  ~CudaLane();
  CudaLane(const CudaLane&) = delete;
  CudaLane& operator=(const CudaLane&) = delete;

  void upload(void* to, const void* from, std::size_t bytes);
  void begin();
  void mark(Phase phase);  // kForward, kBackward or kOptimizer
  void download(void* to, const void* from, std::size_t bytes);
  void end();
  void wait();
  double milliseconds() const;
  DeviceTimes device_times() const;

 private:
  // The beginning of a phase of the step.
  struct Mark {
    Phase phase;
    Event event;
    bool is_used = false;  // an evaluation has only a forward pass
  };

  std::int64_t host_ns(const Event& event) const;

  cudaStream_t compute_;
  cudaStream_t copy_;
  Event made_;  // recorded when the lane was made, which was at made_ns_ of the host's clock
  std::int64_t made_ns_;
  Event upload_begun_;
  bool is_uploading_ = false;
  Event uploaded_;
  Event begun_;
  std::array<Mark, 3> marks_;  // in the order of a step
  Event ended_;
};

}  // namespace kindling
