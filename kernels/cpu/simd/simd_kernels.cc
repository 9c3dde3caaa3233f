#include "kernels/cpu/simd/simd_kernels.h"

#include "kernels/core/error.h"

namespace kindling {

namespace portable {
extern const SimdKernels kKernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const SimdKernels kKernels;
}
namespace avx512 {
extern const SimdKernels kKernels;
}
namespace avx512_bf16 {
extern const Bf16Products kProducts;
}
namespace amx {
extern const Bf16Products kProducts;
}
#endif

const SimdKernels& simd_kernels(Isa isa) {
  require(is_supported(isa), "simd_kernels: this processor lacks the path");
#if defined(__x86_64__)
  if (isa >= Isa::kAvx512) return avx512::kKernels;
  if (isa == Isa::kAvx2) return avx2::kKernels;
#endif
  return portable::kKernels;
}

const Bf16Products& bf16_products(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAmx) return amx::kProducts;
  if (isa == Isa::kAvx512Bf16) return avx512_bf16::kProducts;
#endif
  return simd_kernels(isa).bf16_products;
}

}  // namespace kindling
