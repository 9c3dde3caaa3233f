#include "kernels/cpu/simd/isa.h"

#include <cstdlib>
#include <string>

#include "kernels/core/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace kindling {
namespace {

#if defined(__x86_64__)

// Intel SDM, CPUID, leaf 7: AVX512_BF16 in subleaf 1, AMX in subleaf 0.
constexpr unsigned kExtendedFeatures = 7;
constexpr unsigned kAvx512Bf16Bit = 1U << 5U;         // EAX
constexpr unsigned kAmxBits = 1U << 22U | 1U << 24U;  // EDX: AMX-BF16, AMX-TILE

struct Registers {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
};

Registers extended_features(unsigned subleaf) {
  Registers r;
  if (__get_cpuid_count(kExtendedFeatures, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

// Linux, Documentation/arch/x86/xstate.rst: a process asks once, for all its threads, for the state of the tiles.
// Asking again changes nothing.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023;                          // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;                                       // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;  // NOLINT(cppcoreguidelines-pro-type-vararg)
}

#endif

}  // namespace

bool is_supported(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kAvx512:
      return is_supported(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    case Isa::kAvx512Bf16:
      return is_supported(Isa::kAvx512) && (extended_features(1).eax & kAvx512Bf16Bit) != 0;
    case Isa::kAmx:
      return is_supported(Isa::kAvx512Bf16) && (extended_features(0).edx & kAmxBits) == kAmxBits && may_use_tiles();
  }
  return false;
#else
  return isa == Isa::kPortable;
#endif
}

Isa choose_isa() {
  const char* wanted = std::getenv("KINDLING_ISA");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  for (const Isa isa : {Isa::kAmx, Isa::kAvx512Bf16, Isa::kAvx512, Isa::kAvx2, Isa::kPortable}) {
    if (wanted == nullptr || *wanted == '\0') {
      if (is_supported(isa)) return isa;
    } else if (std::string(wanted) == name_of(isa)) {
      if (is_supported(isa)) return isa;
      throw Error(ErrorCode::kUsage, std::string("KINDLING_ISA is '") + wanted + "', which this processor lacks");
    }
  }
  throw Error(ErrorCode::kUsage, std::string("KINDLING_ISA is '") + wanted +
                                     "'; it must be portable, avx2, avx512, avx512_bf16 or amx, or unset");
}

}  // namespace kindling
