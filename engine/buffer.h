#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/memory.h"

namespace kindling {

// Owns `size` elements of T in the memory of context C, zeroed when made. Views of it stay valid when it is moved.
template <class C, class T>
class Buffer {
 public:
  using Memory = decltype(allocate(std::declval<C&>(), std::size_t{}, ""));

  Buffer() = default;
  Buffer(C& context, std::int64_t size, const char* label)
      : memory_(allocate(context, static_cast<std::size_t>(size) * sizeof(T), label)), size_(size) {}

  View<typename C::space, T> view() const { return {reinterpret_cast<T*>(memory_.get()), size_}; }
  std::int64_t size() const { return size_; }

 private:
  Memory memory_{};
  std::int64_t size_ = 0;
};

// Copies elements between host vectors or spans and views of the context's memory; the sizes are the view's.
template <class C, class T>
std::vector<T> to_host(C& context, View<typename C::space, const T> from) {
  std::vector<T> host(static_cast<std::size_t>(from.size()));
  copy_to_host(context, host.data(), from.data(), host.size() * sizeof(T));
  return host;
}

template <class C, class T>
void from_host(C& context, View<typename C::space, T> to, std::span<const T> host) {
  copy_from_host(context, to.data(), host.data(), host.size() * sizeof(T));
}

}  // namespace kindling
