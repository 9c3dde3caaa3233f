#include "kernels/cpu/cpu_context.h"

#include <cblas.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "kernels/core/error.h"

namespace kindling {
namespace {

int processors_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return CPU_COUNT(&set);
}

constexpr int kMostThreads =
    1024;  // each has a workspace of its own, and libgomp exits by itself when it can't start one

int checked_threads(int threads) {
  if (threads < 0 || threads > kMostThreads) {
    throw Error(ErrorCode::kUsage,
                "threads is " + std::to_string(threads) + "; it must be 0 to " + std::to_string(kMostThreads));
  }
  return threads == 0 ? processors_allowed() : threads;
}

template <class T>
ConvAlgorithm checked_algorithm(ConvAlgorithm algorithm) {
  if (std::is_same_v<T, bfloat16>) {
    // Winograd's transforms would round sums of bf16 to bf16.
    if (algorithm == ConvAlgorithm::kAuto || algorithm == ConvAlgorithm::kDirect) return ConvAlgorithm::kDirect;
    throw Error(ErrorCode::kUsage, std::string("--conv ") + name_of(algorithm) +
                                       " is not available on the CPU in bf16; it has auto and direct");
  }
  if (algorithm != ConvAlgorithm::kCudnn && algorithm != ConvAlgorithm::kImplicitGemm) return algorithm;
  throw Error(ErrorCode::kUsage, std::string("--conv ") + name_of(algorithm) +
                                     " is not available on the CPU; it has auto, direct, winograd2 and winograd4");
}

template <class T>
Isa checked_isa(const std::optional<Isa>& wanted) {
  const Isa isa = wanted ? *wanted : choose_isa();
  if (!std::is_same_v<T, bfloat16> && is_supported(isa)) return std::min(isa, Isa::kAvx512);
  if (is_supported(isa)) return isa;
  throw Error(ErrorCode::kUsage, std::string("this processor lacks the ") + name_of(isa) + " instructions");
}

}  // namespace

const char* blas_core() {
#ifdef OPENBLAS_VERSION
  return openblas_get_corename();
#else
  return "unknown";
#endif
}

template <class T>
CpuContext<T>::CpuContext(const CpuOptions& options)
    : threads_(checked_threads(options.threads)),
      conv_(checked_algorithm<T>(options.conv)),
      isa_(checked_isa<T>(options.isa)),
      simd_(&simd_kernels(isa_)),
      bf16_products_(&kindling::bf16_products(isa_)),
      workspace_(threads_) {
#ifdef OPENBLAS_VERSION
  openblas_set_num_threads(1);
#endif
}

template class CpuContext<float>;
template class CpuContext<bfloat16>;

}  // namespace kindling
