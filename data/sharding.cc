#include "data/sharding.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/core/error.h"

namespace kindling {

Sharding::Sharding(std::int64_t size, std::int64_t batch_size, std::int64_t rank, std::int64_t world)
    : size_(size), global_batch_(batch_size * world), rank_(rank), world_(world), batches_(0) {
  if (batch_size < 1) {
    throw Error(ErrorCode::kUsage, fmt::format("the batch size must be at least 1, got {}", batch_size));
  }
  if (world < 1 || rank < 0 || rank >= world) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the rank must lie between 0 and world - 1, got rank {} of world {}", rank, world));
  }
  batches_ = (size + global_batch_ - 1) / global_batch_;
}

Sharding::Share Sharding::share(std::int64_t batch) const {
  const std::int64_t start = batch * global_batch_;
  const std::int64_t images = std::min(global_batch_, size_ - start);
  const std::int64_t begin = images * rank_ / world_;
  const std::int64_t end = images * (rank_ + 1) / world_;
  return {start + begin, end - begin};
}

}  // namespace kindling
