#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"

namespace kindling::test {

// The backends that every op test runs on. A backend names its context, makes one, says why it can't run on this
// machine (empty: it can), and what it promises:
//   kPartialBatches  takes activations with valid_n < N (else it must refuse them with Error(kInternal))
//   kPlainSums       results are sums of products of the inputs, so exact on small integers (Winograd's are not)
template <class T>
struct ReferenceBackend {
  using Context = ReferenceContext<T>;
  static constexpr bool kPartialBatches = true;
  static constexpr bool kPlainSums = true;
  static Context make() { return {}; }
  static std::string name() { return "Reference"; }
  static std::string unavailable() { return {}; }
};

// What the others are compared with; it is not among them, so no test can compare it with itself.
using Oracle = ReferenceBackend<double>;

// The CPU with the inner loops that this machine prefers, on more threads than the test machines have cores.
struct CpuBackend {
  using Context = CpuContext<float>;
  static constexpr bool kPartialBatches = false;
  static constexpr bool kPlainSums = true;
  static Context make() { return Context({.threads = 3}); }
  static std::string name() { return "Cpu"; }
};

// The inner loops for processors that have nothing special: every machine can run them.
struct PortableCpuBackend : CpuBackend {
  static Context make() { return Context({.threads = 2, .isa = Isa::kPortable}); }
  static std::string name() { return "CpuPortable"; }
};

// The middle path, unless the processor lacks it.
struct Avx2CpuBackend : CpuBackend {
  static Context make() { return Context({.threads = 2, .isa = is_supported(Isa::kAvx2) ? Isa::kAvx2 : choose_isa()}); }
  static std::string name() { return "CpuAvx2"; }
};

using Backends = ::testing::Types<ReferenceBackend<float>, CpuBackend, PortableCpuBackend, Avx2CpuBackend>;

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
