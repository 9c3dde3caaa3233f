#pragma once

#include <Random123/philox.h>

#include <array>
#include <cstdint>

namespace kindling {

// Every random decision is a pure function of the seed and of what it is for: nothing depends on threads, order or
// how far a run has come. Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11), with the
// 64-bit seed as key (low word first) and the counter (index, epoch, purpose, draw).
enum class RandomPurpose : std::uint32_t {
  kPermutation = 0,
  kAugmentation = 1,
  kInitialWeights = 2,
  kSyntheticImage = 3,
};

using RandomWords = std::array<std::uint32_t, 4>;

inline RandomWords random_words(std::uint64_t seed, std::uint32_t index, std::uint32_t epoch, RandomPurpose purpose,
                                std::uint32_t draw = 0) {
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)}};
  const r123::Philox4x32::ctr_type counter{{index, epoch, static_cast<std::uint32_t>(purpose), draw}};
  const r123::Philox4x32::ctr_type words = r123::Philox4x32{}(counter, key);
  return {words[0], words[1], words[2], words[3]};
}

// The upper 32 bits of word * bound: an integer in [0, bound), biased by less than bound / 2^32.
constexpr std::uint32_t bounded(std::uint32_t word, std::uint32_t bound) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(word) * bound) >> 32U);
}

// A float in [0, 1) from the word's upper 24 bits: exact, the same everywhere.
constexpr float unit_float(std::uint32_t word) {
  return static_cast<float>(word >> 8U) * 0x1p-24F;
}

}  // namespace kindling
