#pragma once

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "kernels/core/dtype.h"
#include "kernels/reference/reference_context.h"
#ifdef KINDLING_TEST_CUDA  // a test program of the CUDA backend, else one of those that run on every machine
#include "kernels/cuda/cuda_context.h"
#else
#include "kernels/cpu/cpu_context.h"
#endif

namespace kindling::test {

// The backends that every op test runs on. A backend names its context, makes one, says why it can't run on this
// machine (empty: it can), and what it promises:
//   kPartialBatches    takes activations with valid_n < N (else it must refuse them with Error(kInternal))
//   FilterGradient     what conv2d_wgrad rounds its sums to, where it then isn't exact to param_t
template <class T>
struct ReferenceBackend {
  using Context = ReferenceContext<T>;
  using FilterGradient = T;
  static constexpr bool kPartialBatches = true;
  static Context make() { return {}; }
  static std::string name() { return sizeof(T) == 8 ? "Reference_double" : "Reference"; }
  static std::string unavailable() { return {}; }
};

// What the others are compared with; it is not among them, so no test can compare it with itself.
using Oracle = ReferenceBackend<double>;

#ifdef KINDLING_TEST_CUDA

// A small workspace, so that the filter's gradient is cut into slices on some shapes and can't be on others.
template <class T>
struct CudaBackend {
  using Context = CudaContext<T>;
  using FilterGradient = float;
  static constexpr bool kPartialBatches = false;
  static Context make() {
    return Context({.conv = ConvAlgorithm::kImplicitGemm, .workspace_bytes = std::size_t{1} << 20U});
  }
  static std::string name() { return std::is_same_v<T, bfloat16> ? "Cuda_bf16" : "Cuda"; }
  static std::string unavailable() { return why_no_cuda(); }
};

// cuDNN, or where the CUDA code runs on the CPU the double of it. The workspace is small because tests make a context
// for every call; in bf16 a filter must fit into it.
template <class T>
struct CudnnBackend : CudaBackend<T> {
  using Context = CudaContext<T>;
  using FilterGradient = T;
  static Context make() {
    return Context({.conv = ConvAlgorithm::kCudnn,
                    .workspace_bytes = std::size_t{std::is_same_v<T, bfloat16> ? 8 : 2} << 20U,
                    .conv2d_plans = {.workspace_limit = std::int64_t{1} << 20U}});
  }
  static std::string name() { return std::is_same_v<T, bfloat16> ? "Cudnn_bf16" : "Cudnn"; }
  static std::string unavailable() { return Conv2dPlans::available() ? why_no_cuda() : "this build has no cuDNN"; }
};

using Backends = ::testing::Types<CudaBackend<float>>;
using ConvBackends =
    ::testing::Types<CudaBackend<float>, CudaBackend<bfloat16>, CudnnBackend<float>, CudnnBackend<bfloat16>>;
using OptimizerBackends = Backends;
using Bf16Backends = ::testing::Types<CudaBackend<bfloat16>>;

#else

// Three threads whatever the machine has, so that work is always split, and unevenly.
template <class T, Isa isa>
struct CpuBackend {
  using Context = CpuContext<T>;
  using FilterGradient = float;
  static constexpr bool kPartialBatches = false;
  static Context make() { return Context({.threads = 3, .conv = ConvAlgorithm::kDirect, .isa = isa}); }
  static std::string name() { return std::string(std::is_same_v<T, bfloat16> ? "Cpu_bf16_" : "Cpu_") + name_of(isa); }
  static std::string unavailable() {
    return is_supported(isa) ? "" : std::string("this processor or build has no ") + name_of(isa);
  }
};

using Backends = ::testing::Types<ReferenceBackend<float>, CpuBackend<float, Isa::kPortable>,
                                  CpuBackend<float, Isa::kAvx2>, CpuBackend<float, Isa::kAvx512>>;
using Bf16Backends = ::testing::Types<CpuBackend<bfloat16, Isa::kPortable>, CpuBackend<bfloat16, Isa::kAvx2>,
                                      CpuBackend<bfloat16, Isa::kAvx512>, CpuBackend<bfloat16, Isa::kAvx512Bf16>,
                                      CpuBackend<bfloat16, Isa::kAmx>>;
using ConvBackends =
    ::testing::Types<ReferenceBackend<float>, CpuBackend<float, Isa::kPortable>, CpuBackend<float, Isa::kAvx2>,
                     CpuBackend<float, Isa::kAvx512>, CpuBackend<bfloat16, Isa::kPortable>,
                     CpuBackend<bfloat16, Isa::kAvx2>, CpuBackend<bfloat16, Isa::kAvx512>,
                     CpuBackend<bfloat16, Isa::kAvx512Bf16>, CpuBackend<bfloat16, Isa::kAmx>>;
// Updates are the same code for every instruction set, and right to double's precision too.
using OptimizerBackends =
    ::testing::Types<ReferenceBackend<double>, ReferenceBackend<float>, CpuBackend<float, Isa::kPortable>>;

#endif

template <class Backend>
class BackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = Backend::unavailable();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
};

struct BackendNames {
  template <class Backend>
  static std::string GetName(int /*index*/) {  // NOLINT: the name that GoogleTest looks for
    return Backend::name();
  }
};

}  // namespace kindling::test
