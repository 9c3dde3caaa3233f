#include "kernels/input.h"

#include <cstdint>

#include "kernels/core/batch.h"
#include "kernels/core/check.h"
#include "kernels/reference/images.h"
#include "kernels/reference/reference_context.h"

namespace kindling {

template <class T>
void unpack_input(ReferenceContext<T>& /*context*/, HostView<const float> pixels, Out<ReferenceContext<T>> x) {
  const OpCheck check("unpack_input");
  check.activation("x", x, {x.shape.n, kImageSide, kImageSide, kImageChannels}, x.valid_n);
  check.size("pixels", pixels, valid_elements(x));

  for (std::int64_t i = 0; i < pixels.size(); ++i) x.data[i] = static_cast<T>(pixels[i]);
  zero_other_images(x);
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void unpack_input(F32&, HostView<const float>, Out<F32>);
template void unpack_input(F64&, HostView<const float>, Out<F64>);

}  // namespace kindling
