#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/core/dtype.h"
#include "kernels/memory.h"

namespace kindling::test {

// An array in a context's memory, filled from the host and read back by copies, so that tests don't know where it lies.
// The bytes around it and an array that wasn't given values are 0xff (NaN as any float): an op that reads outside its
// views or what it should have assigned shows it in its result, and one that writes outside fails the test.
template <class C, class T>
class ContextArray {
 public:
  ContextArray(C& context, const std::vector<T>& values)
      : ContextArray(context, static_cast<std::int64_t>(values.size())) {
    assign(values);
  }

  // Throws std::domain_error when a value is not exactly a T.
  ContextArray(C& context, const std::vector<double>& values) requires(!std::is_same_v<T, double>)
      : ContextArray(context, exactly(values)) {}

  ContextArray(C& context, std::int64_t size)
      : context_(context), size_(size), memory_(allocate(context, total_bytes(), "test array")) {
    const std::vector<std::byte> unset(total_bytes(), kUnset);
    copy_from_host(context, memory_.get(), unset.data(), unset.size());
  }

  // Puts other values there: as many as it holds.
  void assign(const std::vector<T>& values) const {
    if (static_cast<std::int64_t>(values.size()) != size_) throw std::length_error("a test array keeps its size");
    if (!values.empty()) copy_from_host(context_, data(), values.data(), values.size() * sizeof(T));
  }

  View<typename C::space, T> view() const { return {data(), size_}; }
  operator View<typename C::space, T>() const { return view(); }        // NOLINT: reads as the argument it stands for
  operator View<typename C::space, const T>() const { return view(); }  // NOLINT

  ActivationView<typename C::space, T> activation(const Shape4& shape, std::int64_t valid_n) const {
    return {data(), shape, Layout::kNhwc, valid_n, shape.c};
  }

  std::vector<T> elements() const {
    std::vector<std::byte> bytes(total_bytes());
    copy_to_host(context_, bytes.data(), memory_.get(), bytes.size());
    const auto touched = [](std::byte b) { return b != kUnset; };
    EXPECT_TRUE(std::none_of(bytes.begin(), bytes.begin() + kGuardBytes, touched)) << "written before the array";
    EXPECT_TRUE(std::none_of(bytes.end() - kGuardBytes, bytes.end(), touched)) << "written after the array";
    std::vector<T> elements(static_cast<std::size_t>(size_));
    if (size_ > 0) std::memcpy(elements.data(), bytes.data() + kGuardBytes, elements.size() * sizeof(T));
    return elements;
  }

  std::vector<double> values() const {
    const std::vector<T> found = elements();
    std::vector<double> wide(found.size());
    std::transform(found.begin(), found.end(), wide.begin(), widen);
    return wide;
  }

 private:
  static constexpr std::ptrdiff_t kGuardBytes = 256;  // keeps the alignment that arenas give
  static constexpr std::byte kUnset{0xff};

  static double widen(T value) {
    if constexpr (std::is_same_v<T, bfloat16>) {
      return static_cast<double>(static_cast<float>(value));
    } else {
      return static_cast<double>(value);
    }
  }

  static std::vector<T> exactly(const std::vector<double>& values) {
    std::vector<T> narrow(values.size());
    std::transform(values.begin(), values.end(), narrow.begin(), [](double value) {
      const auto element = static_cast<T>(static_cast<float>(value));
      if (widen(element) != value) throw std::domain_error("a test input is not exact in the backend's type");
      return element;
    });
    return narrow;
  }

  std::size_t total_bytes() const {
    return static_cast<std::size_t>(size_) * sizeof(T) + 2 * static_cast<std::size_t>(kGuardBytes);
  }
  T* data() const { return reinterpret_cast<T*>(memory_.get() + kGuardBytes); }

  C& context_;
  std::int64_t size_;
  decltype(allocate(std::declval<C&>(), std::size_t{}, "")) memory_;
};

template <class C>
using ActivationArray = ContextArray<C, typename C::activation_t>;
template <class C>
using ParamArray = ContextArray<C, typename C::param_t>;

}  // namespace kindling::test
