#pragma once

#include <cstdint>

namespace kindling {

// One term of a tile product: which block of a meets which block of b.
struct TilePair {
  std::int64_t a;
  std::int64_t b;
};

}  // namespace kindling
