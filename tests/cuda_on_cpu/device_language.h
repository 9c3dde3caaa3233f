#pragma once

// What kernels/cuda/device_language.h is under g++: the same macros and the same launch(), on the runtime that
// tests/cuda_on_cpu/runtime.h describes.

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <type_traits>

#include "kernels/cuda/cuda_check.h"
#include "tests/cuda_on_cpu/device_atomics.h"
#include "tests/cuda_on_cpu/device_intrinsics.h"
#include "tests/cuda_on_cpu/device_threads.h"
#include "tests/cuda_on_cpu/kernel_launch.h"

// CUDA's headers define __global__, __device__, __host__ (as nothing) but not this.
#ifndef __launch_bounds__
#define __launch_bounds__(...)
#endif

namespace kindling::cuda_on_cpu {

// The running block's shared array of one declaration: `site` is its address, `Site` a type of its own.
void* shared_array(const void* site, std::size_t bytes, std::size_t alignment);
void* dynamic_shared_bytes();

template <class T, std::size_t kCount, class Site>
auto shared_array(Site /*declaration*/) -> T (&)[kCount] {
  static_assert(std::is_trivially_default_constructible_v<T>, "shared memory is never constructed");
  static const char site = 0;
  return *static_cast<T(*)[kCount]>(shared_array(&site, kCount * sizeof(T), alignof(T)));
}

}  // namespace kindling::cuda_on_cpu

#define KINDLING_SHARED(T, name, n) T(&name)[n] = ::kindling::cuda_on_cpu::shared_array<T, (n)>([] {})
#define KINDLING_DYNAMIC_SHARED(T, name) \
  T* const name = static_cast<T*>(::kindling::cuda_on_cpu::dynamic_shared_bytes())
#if defined(__clang__)
#define KINDLING_UNROLL _Pragma("unroll")
#else
#define KINDLING_UNROLL
#endif

// nvcc's own overload: a kernel's address without a cast.
template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute attribute, int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}

namespace kindling {

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream,
            Arguments&&... arguments) {
  using Bound = std::tuple<Parameters...>;
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "a kernel's arguments are copied as bytes");
  static_assert(sizeof(Bound) <= 4096, "a kernel's arguments have at most 4 KiB before compute capability 7.0");
  const auto bound = std::make_shared<const Bound>(static_cast<Parameters>(arguments)...);
  const auto thread = [](const void* code, const void* values) {
    std::apply(reinterpret_cast<void (*)(Parameters...)>(reinterpret_cast<std::uintptr_t>(code)),
               *static_cast<const Bound*>(values));
  };
  check_cuda(
      cuda_on_cpu::enqueue_kernel(
          {reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, bound, sizeof(Bound), thread}, stream),
      "cudaLaunchKernelEx");
}

}  // namespace kindling
