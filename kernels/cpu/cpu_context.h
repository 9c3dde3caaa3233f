#pragma once

#include <optional>

#include "kernels/context.h"
#include "kernels/conv_algorithm.h"
#include "kernels/cpu/simd/simd_kernels.h"
#include "kernels/cpu/workspace.h"

namespace kindling {

struct CpuOptions {
  int threads = 0;  // 0: as many as the process may run on
  ConvAlgorithm conv = ConvAlgorithm::kAuto;
  std::optional<Isa> isa = {};  // nothing: what KINDLING_ISA says, else the best that the processor has
                                // (in fp32, kAvx512 for more than that: it is the same)
};

// Which kernels the BLAS library chose for this processor, by its own rules: they fix bits too. "unknown" where the
// library doesn't tell.
const char* blas_core();

// T = float, or bfloat16: activations and the copies of the filters are rounded to it, convolutions multiply it; sums,
// parameters, statistics and moments are fp32 or more. Runs ops on `threads` OpenMP threads. BLAS is told once per
// process to stay single-threaded: it is called from inside the OpenMP loops over fixed tiles, so that results don't
// depend on the number of threads and nothing oversubscribes. Throws Error(kUsage) for a convolution algorithm that the
// CPU doesn't have (in bf16: any but kAuto and kDirect), a negative number of threads, or an instruction set that is
// unknown or missing here.
template <class T>
class CpuContext {
 public:
  using space = HostSpace;
  using activation_t = T;
  using param_t = float;

  explicit CpuContext(const CpuOptions& options = {});

  int threads() const { return threads_; }
  ConvAlgorithm conv_algorithm() const { return conv_; }

  // Which inner loops run: name_of(isa()) belongs into run.json, because it fixes the bits.
  Isa isa() const { return isa_; }
  const SimdKernels& simd() const { return *simd_; }
  const RowKernels<T>& rows() const { return simd_->template rows<T>(); }
  const Bf16Products& bf16_products() const { return *bf16_products_; }
  Workspace& workspace() { return workspace_; }

 private:
  int threads_;
  ConvAlgorithm conv_;
  Isa isa_;
  const SimdKernels* simd_;
  const Bf16Products* bf16_products_;
  Workspace workspace_;
};

}  // namespace kindling
