#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "kernels/cuda/stream.h"

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
  void download(void* to, const void* from, std::size_t bytes);
  void end();
  void wait();
  double milliseconds() const;

 private:
  cudaStream_t compute_;
  cudaStream_t copy_;
  Event uploaded_;
  Event begun_;
  Event ended_;
};

}  // namespace kindling
