#pragma once

#include <cstdint>
#include <vector>

namespace kindling {

// The order of an epoch: element p is the sample at position p. Fisher-Yates from the end over 0 to size - 1, where
// step i = size - 1 ... 1 swaps elements i and j = mulhi(word 0 of counter (i, epoch, 0, 0), i + 1) (docs/NUMERICS.md).
// size below 2^32; epochs count from 0.
std::vector<std::uint32_t> shuffled_order(std::int64_t size, std::uint64_t seed, std::int64_t epoch);

// 0, 1, ... size - 1: the order without shuffling.
std::vector<std::uint32_t> identity_order(std::int64_t size);

}  // namespace kindling
