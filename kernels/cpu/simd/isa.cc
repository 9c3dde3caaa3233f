#include "kernels/cpu/simd/isa.h"

#include <cstdlib>
#include <string>

#include "kernels/core/error.h"

namespace kindling {

bool is_supported(Isa isa) {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return isa == Isa::kPortable || (isa == Isa::kAvx2 && avx2) || (isa == Isa::kAvx512 && avx512);
#else
  return isa == Isa::kPortable;
#endif
}

Isa choose_isa() {
  const char* wanted = std::getenv("KINDLING_ISA");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  for (const Isa isa : {Isa::kAvx512, Isa::kAvx2, Isa::kPortable}) {
    if (wanted == nullptr || *wanted == '\0') {
      if (is_supported(isa)) return isa;
    } else if (std::string(wanted) == name_of(isa)) {
      if (is_supported(isa)) return isa;
      throw Error(ErrorCode::kUsage, std::string("KINDLING_ISA is '") + wanted + "', which this processor lacks");
    }
  }
  throw Error(ErrorCode::kUsage,
              std::string("KINDLING_ISA is '") + wanted + "'; it must be portable, avx2 or avx512, or unset");
}

}  // namespace kindling
