#include "data/permutation.h"

#include <numeric>
#include <utility>

#include "kernels/core/random.h"

namespace kindling {

std::vector<std::uint32_t> shuffled_order(std::int64_t size, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::uint32_t> order = identity_order(size);
  for (std::size_t i = order.size(); i-- > 1;) {
    const auto index = static_cast<std::uint32_t>(i);
    const RandomWords words = random_words(seed, index, static_cast<std::uint32_t>(epoch), RandomPurpose::kPermutation);
    std::swap(order[i], order[bounded(words[0], index + 1)]);
  }
  return order;
}

std::vector<std::uint32_t> identity_order(std::int64_t size) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

}  // namespace kindling
