#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/core/shape.h"

namespace kindling {

// Where memory lies. It is part of every view's type, so that a host pointer can't be handed to a device op.
struct HostSpace {};
struct DeviceSpace {};

// A run of elements that somebody else owns. Copying a view copies the pointer. Elements may be read through
// operator[] only in code that runs where the memory lies.
template <class Space, class T>
class View {
 public:
  View() = default;
  View(T* data, std::int64_t size) : data_(data), size_(size) {}

  // A writable view is also a read-only one.
  template <class U>
  requires std::is_same_v<const U, T> View(const View<Space, U>& other)
      : data_(other.data()), size_(other.size()) {}  // NOLINT: implicit on purpose

  T* data() const { return data_; }
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::int64_t i) const { return data_[i]; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }
  View subview(std::int64_t offset, std::int64_t count) const { return View(data_ + offset, count); }

 private:
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

template <class T>
using HostView = View<HostSpace, T>;

// How the elements of an activation lie in memory. Backends may add blocked or padded layouts for use inside a stage;
// layouts meet only where an op of kernels/ converts one into the other.
enum class Layout {
  kNhwc,         // element (n, h, w, c) at ((n * H + h) * W + w) * C + c
  kImageBlocks,  // images in blocks of kImageBlock, in a block [h][w][n][c]; the last block has the images that are
                 // left
};
inline constexpr std::int64_t kImageBlock = 32;

// An activation or its gradient. `shape` is what memory holds; a layout may hold more images or channels than the
// network means (to fill a tile): only the first valid_n images and valid_c channels count, the rest is zero. Ops keep
// it so: results and statistics don't depend on the rest, and what an op assigns has it as zeros. All activations of
// one call have the same valid_n; a backend may insist on valid_n = N.
template <class Space, class T>
struct ActivationView {
  T* data = nullptr;
  Shape4 shape;
  Layout layout = Layout::kNhwc;
  std::int64_t valid_n = 0;
  std::int64_t valid_c = 0;

  ActivationView() = default;
  // Dense NHWC: everything in memory counts.
  ActivationView(T* data_in, const Shape4& shape_in)
      : data(data_in), shape(shape_in), valid_n(shape_in.n), valid_c(shape_in.c) {}
  ActivationView(T* data_in, const Shape4& shape_in, Layout layout_in, std::int64_t valid_n_in, std::int64_t valid_c_in)
      : data(data_in), shape(shape_in), layout(layout_in), valid_n(valid_n_in), valid_c(valid_c_in) {}

  template <class U>
  requires std::is_same_v<const U, T> ActivationView(
      const ActivationView<Space, U>& other)  // NOLINT: implicit on purpose
      : ActivationView(other.data, other.shape, other.layout, other.valid_n, other.valid_c) {}

  bool empty() const { return data == nullptr; }
  View<Space, T> flat() const { return {data, shape.elements()}; }
};

// Ops that know only dense NHWC say so with this.
template <class Space, class T>
bool is_dense_nhwc(const ActivationView<Space, T>& x) {
  return x.layout == Layout::kNhwc && x.valid_n == x.shape.n && x.valid_c == x.shape.c;
}

}  // namespace kindling
