#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/reference/reference_context.h"

namespace kindling::test {

// The backends that every op test runs on. A backend names its context, makes one, and says what it doesn't promise:
//   kPartialBatches  takes activations with valid_n < N (else it must refuse them with Error(kInternal))
//   kPlainSums       results are sums of products of the inputs, so exact on small integers (Winograd's are not)
template <class T>
struct ReferenceBackend {
  using Context = ReferenceContext<T>;
  static constexpr bool kPartialBatches = true;
  static constexpr bool kPlainSums = true;
  static Context make() { return {}; }
  static std::string name() { return "Reference"; }
};

// What the others are compared with; it is not among them, so no test can compare it with itself.
using Oracle = ReferenceBackend<double>;

using Backends = ::testing::Types<ReferenceBackend<float>>;

struct BackendNames {
  template <class Backend>
  static std::string GetName(int /*index*/) {  // NOLINT: the name that GoogleTest looks for
    return Backend::name();
  }
};

}  // namespace kindling::test
