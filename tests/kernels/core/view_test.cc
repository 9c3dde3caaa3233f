#include "kernels/core/view.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

namespace kindling {
namespace {

// The memory space is part of the type: what must not compile is checked here.
static_assert(std::is_convertible_v<HostView<float>, HostView<const float>>);
static_assert(!std::is_convertible_v<HostView<const float>, HostView<float>>);
static_assert(!std::is_convertible_v<HostView<float>, View<DeviceSpace, float>>);
static_assert(!std::is_convertible_v<ActivationView<HostSpace, float>, ActivationView<DeviceSpace, const float>>);

TEST(View, SubviewSharesMemory) {
  std::vector<float> memory(10, 0.0F);
  const HostView<float> view(memory.data(), 10);
  view.subview(3, 2)[1] = 5.0F;
  EXPECT_EQ(memory[4], 5.0F);
}

TEST(Conv2dShape, OutputSizeAndMacs) {
  const Conv2dShape stem{.n = 1, .h = 32, .w = 32, .c = 3, .k = 64, .r = 3, .stride = 1, .pad = 1};
  EXPECT_EQ(stem.y_shape(), (Shape4{1, 32, 32, 64}));
  EXPECT_EQ(stem.macs(), 1'769'472);
  const Conv2dShape shortcut{.n = 2, .h = 31, .w = 33, .c = 8, .k = 16, .r = 1, .stride = 2, .pad = 0};
  EXPECT_EQ(shortcut.y_shape(), (Shape4{2, 16, 17, 16}));
}

}  // namespace
}  // namespace kindling
