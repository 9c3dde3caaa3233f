// The one file that knows of NVTX, so that all others are compiled alike with and without CUDA.

#include "kernels/core/trace.h"

#ifdef KINDLING_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace kindling {

#ifdef KINDLING_NVTX
TraceRange::TraceRange(const char* phase) {
  nvtxRangePushA(phase);
}
TraceRange::~TraceRange() {
  nvtxRangePop();
}
#else
TraceRange::TraceRange(const char* /*phase*/) {}
TraceRange::~TraceRange() {}
#endif

}  // namespace kindling
