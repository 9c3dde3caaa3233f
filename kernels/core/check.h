#pragma once

#include <cstdint>
#include <string>

#include "kernels/core/error.h"
#include "kernels/core/view.h"

namespace kindling {

// The shape checks of one call of an op, the same for all backends:
//
//   const OpCheck check("linear_forward");
//   check.size("b", args.b, classes);
//
// A view that doesn't fit throws Error(kInternal), for example
//   "internal error: linear_forward: b has 8 elements, wanted 10".
// Text is put together only on failure.
class OpCheck {
 public:
  // `layout`: the one that all activations of the call must have.
  explicit constexpr OpCheck(const char* op, Layout layout = Layout::kNhwc) : op_(op), layout_(layout) {}

  // In the layout with every channel valid; of the images the first valid_n count.
  template <class Space, class T>
  void activation(const char* name, const ActivationView<Space, T>& view, const Shape4& wanted,
                  std::int64_t valid_n) const {
    if (view.shape != wanted) fail(name, " has shape " + to_string(view.shape) + ", wanted " + to_string(wanted));
    if (view.layout != layout_) fail(name, layout_ == Layout::kNhwc ? " is not NHWC" : " is not in blocks of images");
    if (view.valid_c != wanted.c) differs(name, "valid channels", view.valid_c, wanted.c);
    if (view.valid_n != valid_n) differs(name, "valid images", view.valid_n, valid_n);
    if (valid_n < 0 || valid_n > wanted.n) fail(name, " has more valid images than images, or fewer than none");
    if (view.data == nullptr && wanted.elements() != 0) fail(name, " has no memory");
  }

  // As above, and every image counts.
  template <class Space, class T>
  void dense(const char* name, const ActivationView<Space, T>& view, const Shape4& wanted) const {
    activation(name, view, wanted, wanted.n);
  }

  template <class Space, class T>
  void size(const char* name, const View<Space, T>& view, std::int64_t wanted) const {
    if (view.size() != wanted) differs(name, "elements", view.size(), wanted);
    if (view.data() == nullptr && wanted != 0) fail(name, " has no memory");
  }

  // Empty, or of the wanted size.
  template <class Space, class T>
  void optional_size(const char* name, const View<Space, T>& view, std::int64_t wanted) const {
    if (!view.empty()) size(name, view, wanted);
  }

  void positive(const char* name, std::int64_t found) const {
    if (found < 1) fail(name, " is " + std::to_string(found) + ", wanted at least 1");
  }

  void convolution(const Conv2dShape& shape) const {
    const bool extents = shape.n > 0 && shape.h > 0 && shape.w > 0 && shape.c > 0 && shape.k > 0;
    const bool filter = shape.r > 0 && shape.stride > 0 && shape.pad >= 0;
    if (!extents || !filter || shape.h + 2 * shape.pad < shape.r || shape.w + 2 * shape.pad < shape.r) {
      fail("shape",
           " is " + to_string(shape) + ", wanted positive extents and a filter no larger than the padded image");
    }
  }

  [[noreturn]] void fail(const char* name, const std::string& what) const {
    throw Error(ErrorCode::kInternal, std::string("internal error: ") + op_ + ": " + name + what);
  }

 private:
  [[noreturn]] void differs(const char* name, const char* unit, std::int64_t found, std::int64_t wanted) const {
    fail(name, " has " + std::to_string(found) + " " + unit + ", wanted " + std::to_string(wanted));
  }

  const char* op_;
  Layout layout_;
};

}  // namespace kindling
