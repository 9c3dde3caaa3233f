#pragma once

#include <cstdint>

namespace kindling {

// How an epoch's order is cut into batches and shared by ranks. Global batch k is positions [k b w, (k + 1) b w) of the
// order, for b images a rank and w ranks; rank r takes the part [m r / w, m (r + 1) / w) of its m images. So
//  - all ranks together see, step by step, what one process with batch size b w sees;
//  - every image is seen exactly once an epoch, without padding or repeats;
//  - all ranks have equally many batches, so collective operations stay in step. In the last global batch shares may
//    differ by one image, and are empty for some ranks if it holds fewer than w images: weigh by images, not by ranks.
class Sharding {
 public:
  struct Share {
    std::int64_t first;   // position in the epoch's order
    std::int64_t images;  // 0 to batch_size
  };

  // Throws Error(kUsage) unless batch_size >= 1, world >= 1 and 0 <= rank < world.
  Sharding(std::int64_t size, std::int64_t batch_size, std::int64_t rank, std::int64_t world);

  std::int64_t batches() const { return batches_; }
  Share share(std::int64_t batch) const;

 private:
  std::int64_t size_;
  std::int64_t global_batch_;
  std::int64_t rank_;
  std::int64_t world_;
  std::int64_t batches_;
};

}  // namespace kindling
