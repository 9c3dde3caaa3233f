#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/core/dtype.h"
#include "kernels/cuda/device_language.h"

namespace kindling {

// kLanes neighbouring elements that move in one access. 16 bytes are the widest that a thread can load.
template <class T, int kLanes>
struct alignas(sizeof(T) * kLanes) Pack {
  T lane[kLanes];
};
template <class T>
inline constexpr int kWideLanes = static_cast<int>(16 / sizeof(T));

// The i-th pack of an array that begins at `data`.
template <int kLanes, class T>
__device__ Pack<T, kLanes> load_pack(const T* data, std::int64_t i) {
  return reinterpret_cast<const Pack<T, kLanes>*>(data)[i];
}
template <int kLanes, class T>
__device__ void store_pack(T* data, std::int64_t i, const Pack<T, kLanes>& pack) {
  reinterpret_cast<Pack<T, kLanes>*>(data)[i] = pack;
}

// The same for floats that go with packs of a narrower type: where kLanes of them are more than 16 bytes, in several
// accesses.
template <int kLanes>
__device__ Pack<float, kLanes> load_floats(const float* data, std::int64_t i) {
  constexpr int kStep = kLanes < 4 ? kLanes : 4;
  Pack<float, kLanes> all;
  KINDLING_UNROLL
  for (int part = 0; part < kLanes / kStep; ++part) {
    const Pack<float, kStep> some = load_pack<kStep>(data, i * (kLanes / kStep) + part);
    KINDLING_UNROLL
    for (int lane = 0; lane < kStep; ++lane) all.lane[part * kStep + lane] = some.lane[lane];
  }
  return all;
}

// A pack of activations, to compute with.
template <int kLanes, class T>
__device__ Pack<float, kLanes> load_as_floats(const T* data, std::int64_t i) {
  const Pack<T, kLanes> stored = load_pack<kLanes>(data, i);
  Pack<float, kLanes> values;
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) values.lane[lane] = static_cast<float>(stored.lane[lane]);
  return values;
}

// Rounds once.
template <int kLanes, class T>
__device__ void store_rounded(T* data, std::int64_t i, const Pack<float, kLanes>& values) {
  Pack<T, kLanes> rounded;
  KINDLING_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) rounded.lane[lane] = static_cast<T>(values.lane[lane]);
  store_pack<kLanes>(data, i, rounded);
}

template <int kLanes>
__device__ void store_floats(float* data, std::int64_t i, const Pack<float, kLanes>& values) {
  constexpr int kStep = kLanes < 4 ? kLanes : 4;
  KINDLING_UNROLL
  for (int part = 0; part < kLanes / kStep; ++part) {
    Pack<float, kStep> some;
    KINDLING_UNROLL
    for (int lane = 0; lane < kStep; ++lane) some.lane[lane] = values.lane[part * kStep + lane];
    store_pack<kStep>(data, i * (kLanes / kStep) + part, some);
  }
}

template <class T>
bool is_aligned(const T* data) {
  return reinterpret_cast<std::uintptr_t>(data) % 16 == 0;
}

// Whether rows of `extent` elements of T can be walked in packs of 16 bytes; every pointer may be null.
template <class T, class... Pointers>
bool fits_wide(std::int64_t extent, const Pointers*... data) {
  return extent % kWideLanes<T> == 0 && (is_aligned(data) && ...);
}

}  // namespace kindling
